# For a tap of your own; untried on a Mac. Fill in where the source of a release lies, and its hash;
# `brew audit --new anyclaude` and `brew test anyclaude` tell what is wrong.
class Anyclaude < Formula
  desc "Claude Code on your own model"
  homepage "https://anyclaude.example"
  url "https://anyclaude.example/anyclaude-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "Apache-2.0"

  depends_on "cli11" => :build
  depends_on "cmake" => :build
  depends_on "googletest" => :build
  depends_on "ninja" => :build
  depends_on "python@3.13" => :build
  depends_on "curl"
  depends_on "fmt"
  depends_on "openssl@3"
  depends_on "spdlog"
  depends_on "tomlplusplus"
  depends_on "xxhash"

  def install
    # scripts/setup/engine.sh fetches the engine's source, pinned by its hash, and builds it here.
    ENV["XDG_CACHE_HOME"] = buildpath/"cache"
    system "cmake", "--preset", "package", *std_cmake_args, "-DANYCLAUDE_ZSH_FOLDER=site-functions"
    system "cmake", "--build", "--preset", "package"
    system "cmake", "--install", "build/package"
  end

  service do
    run [opt_bin/"anyclaude", "serve"]
    keep_alive successful_exit: false
    log_path var/"log/anyclaude.log"
    error_log_path var/"log/anyclaude.log"
  end

  test do
    assert_match "anyclaude #{version}", shell_output("#{bin}/anyclaude --version")
    # Nothing but the key's own folder and a port is needed for this.
    assert_match "no server runs", shell_output("#{bin}/anyclaude status --port #{free_port}", 3)
  end
end
