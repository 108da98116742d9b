# Tiny models with random weights, one for each form that a model's memory takes, made by the
# engine's own tool; the tests of the embedded engine that answer with them wait for it.

set(tiny_models ${CMAKE_BINARY_DIR}/tiny_models)
set(tiny_architectures qwen35 qwen3next lfm2 mamba2 jamba falcon-h1 nemotron_h granitehybrid gemma3
    gpt-oss deepseek32)

add_executable(make_tiny_models ${ENGINE_SOURCE}/tests/test-llama-archs.cpp)
target_compile_options(make_tiny_models PRIVATE -w)
target_include_directories(make_tiny_models PRIVATE ${ENGINE_SOURCE}/common
  ${ENGINE_SOURCE}/include ${ENGINE_SOURCE}/ggml/include)
target_link_libraries(make_tiny_models PRIVATE engine::llama-common engine::llama)
list(JOIN tiny_architectures "|" any_of_them)
add_custom_command(OUTPUT ${tiny_models}/made
  COMMAND ${CMAKE_COMMAND} -E make_directory ${tiny_models}
  COMMAND make_tiny_models -s 1 -a "^(${any_of_them})$$" -o ${tiny_models}
  COMMAND ${CMAKE_COMMAND} -E touch ${tiny_models}/made
  DEPENDS make_tiny_models VERBATIM)
add_custom_target(tiny_models ALL DEPENDS ${tiny_models}/made)
target_compile_definitions(engine_embedded_test PRIVATE ANYCLAUDE_TINY_MODELS="${tiny_models}")
