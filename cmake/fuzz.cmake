# Fuzz targets. With any compiler each is an ordinary test over fuzz/corpus/<target>; with
# -DANYCLAUDE_FUZZ=ON (clang) each is also a libFuzzer program, all code instrumented:
#   build/fuzz_sse_live -max_total_time=60 fuzz/corpus/sse
if(ANYCLAUDE_FUZZ)
  target_compile_options(project_options INTERFACE -fsanitize=fuzzer-no-link,address)
  target_link_options(project_options INTERFACE -fsanitize=address)
endif()

function(add_fuzz_target name)
  set(source ${CMAKE_SOURCE_DIR}/fuzz/${name}_fuzz.cpp)
  add_executable(fuzz_${name} ${source} ${CMAKE_SOURCE_DIR}/fuzz/replay_main.cpp)
  target_link_libraries(fuzz_${name} PRIVATE ${ARGN})
  add_test(NAME fuzz/${name} COMMAND fuzz_${name} ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
  set_tests_properties(fuzz/${name} PROPERTIES LABELS unit)
  if(ANYCLAUDE_FUZZ)
    add_executable(fuzz_${name}_live ${source})
    target_link_libraries(fuzz_${name}_live PRIVATE ${ARGN})
    target_link_options(fuzz_${name}_live PRIVATE -fsanitize=fuzzer)
  endif()
endfunction()

add_fuzz_target(answer_text prompt)
add_fuzz_target(anthropic_request protocol)
add_fuzz_target(completions_request protocol)
add_fuzz_target(kv_files kv)
add_fuzz_target(openai_answer protocol)
add_fuzz_target(sse protocol)
