# Everything the project links that it did not write. The engine (with the HTTP and JSON libraries
# that it ships) is one pinned build, made by scripts/setup/engine.sh; the rest are packages of the
# system, installed by scripts/setup/packages.sh.

set(ANYCLAUDE_ENGINE_DIR "" CACHE PATH "Folder with engine-config.cmake; empty: engine.sh makes it")
set(engine_folder ${ANYCLAUDE_ENGINE_DIR})
if(ANYCLAUDE_PORTABLE)
  set(ENV{ANYCLAUDE_PORTABLE} 1)
endif()
if(NOT engine_folder)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/setup/engine.sh
                  OUTPUT_VARIABLE engine_folder OUTPUT_STRIP_TRAILING_WHITESPACE
                  RESULT_VARIABLE engine_failed)
  if(engine_failed)
    message(FATAL_ERROR "The engine could not be built; see above.")
  endif()
endif()
unset(engine_DIR CACHE)  # another compiler or version has another folder

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(engine CONFIG REQUIRED PATHS ${engine_folder} NO_DEFAULT_PATH)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(GTest REQUIRED)

find_path(XXHASH_INCLUDE xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
add_library(xxhash INTERFACE)
target_include_directories(xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE})
target_link_libraries(xxhash INTERFACE ${XXHASH_LIBRARY})

find_path(CAIRO_INCLUDE cairo.h PATH_SUFFIXES cairo REQUIRED)
find_library(CAIRO_LIBRARY cairo REQUIRED)
add_library(cairo INTERFACE)
target_include_directories(cairo SYSTEM INTERFACE ${CAIRO_INCLUDE})
target_link_libraries(cairo INTERFACE ${CAIRO_LIBRARY})

add_library(json INTERFACE)
target_include_directories(json SYSTEM INTERFACE ${ENGINE_SOURCE}/vendor)

if(ANYCLAUDE_SANITIZE MATCHES "thread")
  # The release build of the library is not instrumented, and its locks would go unseen.
  add_library(httplib STATIC ${ENGINE_SOURCE}/vendor/cpp-httplib/httplib.cpp)
  target_include_directories(httplib SYSTEM PUBLIC ${ENGINE_SOURCE}/vendor)
  target_compile_definitions(httplib PUBLIC CPPHTTPLIB_OPENSSL_SUPPORT)
  target_compile_options(httplib PRIVATE -fsanitize=thread -w)
  target_link_libraries(httplib PUBLIC Threads::Threads OpenSSL::SSL OpenSSL::Crypto)
else()
  add_library(httplib INTERFACE)
  target_include_directories(httplib SYSTEM INTERFACE ${ENGINE_SOURCE}/vendor)
  target_link_libraries(httplib INTERFACE engine::cpp-httplib)
endif()
