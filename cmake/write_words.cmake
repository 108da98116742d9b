# Writes what PROGRAM says of its words below SHIPPED: the manual page and the completions.
# cmake -DPROGRAM=... -DSHIPPED=... -DZSH_FOLDER=... -P write_words.cmake

function(write_output path)  # WORD...: arguments of the program
  execute_process(COMMAND ${PROGRAM} ${ARGN} OUTPUT_VARIABLE text RESULT_VARIABLE failed)
  if(failed OR text STREQUAL "")
    message(FATAL_ERROR "${PROGRAM} ${ARGN} failed: ${failed}")
  endif()
  file(WRITE ${SHIPPED}/${path} "${text}")
endfunction()

write_output(man/man1/anyclaude.1 man)
write_output(bash-completion/completions/anyclaude completion bash)
write_output(zsh/${ZSH_FOLDER}/_anyclaude completion zsh)
write_output(fish/vendor_completions.d/anyclaude.fish completion fish)
execute_process(COMMAND gzip -9nf ${SHIPPED}/man/man1/anyclaude.1 COMMAND_ERROR_IS_FATAL ANY)
