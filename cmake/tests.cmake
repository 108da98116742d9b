# Unit tests stand beside the code as x_test.cpp; each layer makes one test binary.
include(GoogleTest)

# Fakes with sources of their own (most are headers), and their tests.
file(GLOB fakes CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fakes/*.cpp)
list(FILTER fakes EXCLUDE REGEX "_test\\.cpp$")
add_library(fakes STATIC ${fakes})
target_include_directories(fakes PUBLIC ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(fakes PUBLIC base)
file(GLOB fakes_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fakes/*_test.cpp)
add_executable(fakes_test ${fakes_tests})
target_link_libraries(fakes_test PRIVATE fakes GTest::gtest GTest::gtest_main)
gtest_discover_tests(fakes_test TEST_PREFIX fakes/ DISCOVERY_MODE PRE_TEST PROPERTIES LABELS unit)

function(add_layer_tests name)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*_test.cpp)
  if(NOT tests)
    return()
  endif()
  string(REPLACE "/" "_" target ${name})
  add_executable(${target}_test ${tests})
  target_link_libraries(${target}_test PRIVATE ${target} fakes ${ARGN} GTest::gtest
                        GTest::gtest_main)
  # What runs a model takes all cores; its threads sleep when they are wanted elsewhere
  # (cli/compute_threads.h).
  set(properties LABELS unit ENVIRONMENT GOMP_SPINCOUNT=3000)
  if(name STREQUAL "engine/embedded")
    list(APPEND properties RUN_SERIAL ON TIMEOUT 600)
  endif()
  gtest_discover_tests(${target}_test TEST_PREFIX ${target}/ DISCOVERY_MODE PRE_TEST
                       PROPERTIES ${properties})
endfunction()

add_layer_tests(base)
add_layer_tests(net)
add_layer_tests(protocol)
add_layer_tests(kv)
target_compile_definitions(kv_test PRIVATE ANYCLAUDE_DOCS="${CMAKE_SOURCE_DIR}/docs")
add_layer_tests(prompt)
add_layer_tests(engine/remote net)
add_layer_tests(route engine_remote net)
target_compile_definitions(route_test PRIVATE
  ANYCLAUDE_RECORDED_SESSION="${CMAKE_SOURCE_DIR}/src/route/recorded_session.json")
add_layer_tests(api)
add_layer_tests(config)
add_layer_tests(bench)
add_layer_tests(models)
if(ANYCLAUDE_EMBEDDED)
  add_layer_tests(engine/embedded)
  target_compile_definitions(engine_embedded_test PRIVATE
    ANYCLAUDE_ENGINE_SOURCE="${ENGINE_SOURCE}" ANYCLAUDE_DOCS="${CMAKE_SOURCE_DIR}/docs")
  add_layer_tests(cli)
  include(cmake/tiny_models.cmake)
endif()

find_package(Python3 COMPONENTS Interpreter REQUIRED)
add_test(NAME tidy COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/tidy.py)
add_test(NAME tidy_test COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/tidy_test.py)

include(cmake/fuzz.cmake)
