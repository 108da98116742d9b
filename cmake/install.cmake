# What `cmake --install` puts where, and the package for Debian that CPack makes of it.
#
# A build that is to be installed on other machines is made with the preset "package"
# (ANYCLAUDE_PORTABLE): a release build computes with the instructions of the CPU that built it.
include(GNUInstallDirs)

install(TARGETS anyclaude)
if(ENGINE_LIBRARIES)
  # ggml's shared libraries are nobody else's, so they lie in a folder of their own.
  set(private_libraries ${CMAKE_INSTALL_LIBDIR}/anyclaude)
  file(RELATIVE_PATH from_program ${CMAKE_INSTALL_FULL_BINDIR}
       ${CMAKE_INSTALL_FULL_LIBDIR}/anyclaude)
  set_target_properties(anyclaude PROPERTIES
    INSTALL_RPATH $<IF:$<PLATFORM_ID:Darwin>,@loader_path,\$ORIGIN>/${from_program})
  install(DIRECTORY ${ENGINE_LIBRARIES}/ DESTINATION ${private_libraries}
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ
    DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                          WORLD_READ WORLD_EXECUTE)
endif()

# What the program itself says of its words, in the forms that shells and `man` look for.
set(shipped ${CMAKE_BINARY_DIR}/share)
# Debian's own zsh looks elsewhere than one below /usr/local.
set(ANYCLAUDE_ZSH_FOLDER site-functions CACHE STRING "Of completions, below share/zsh")
set(man_page ${shipped}/man/man1/anyclaude.1.gz)
set(completions
  ${shipped}/bash-completion/completions/anyclaude
  ${shipped}/zsh/${ANYCLAUDE_ZSH_FOLDER}/_anyclaude
  ${shipped}/fish/vendor_completions.d/anyclaude.fish)
# When it is installed, not when it is built: a build for a GPU may not run where it was built.
install(CODE "execute_process(COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:anyclaude>
  -DSHIPPED=${shipped} -DZSH_FOLDER=${ANYCLAUDE_ZSH_FOLDER}
  -P ${CMAKE_SOURCE_DIR}/cmake/write_words.cmake COMMAND_ERROR_IS_FATAL ANY)")
install(FILES ${man_page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
foreach(file IN LISTS completions)
  get_filename_component(folder ${file} DIRECTORY)
  file(RELATIVE_PATH folder ${shipped} ${folder})
  install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/${folder})
endforeach()

install(FILES README.md CHANGELOG.md ARCHITECTURE.md LICENSE packaging/copyright
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME anyclaude)
set(CPACK_PACKAGE_CONTACT "AnyClaude maintainers <${ANYCLAUDE_CONTACT}>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Claude Code on your own model")
# The tools that check packages want libraries without symbols; the engine's have none.
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"One native program that loads a GGUF model, answers the Anthropic Messages
API with it, and runs Claude Code against itself. What one conversation has
computed, the next one reuses, also after a restart. Other servers of models
(MLX-LM, LM Studio, vLLM) may take the place of the model.
.
It has the instructions of all processors of its architecture, and uses those
of the one that it runs on.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${ENGINE_LIBRARIES})
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  include(cmake/debian_changelog.cmake)
endif()
include(CPack)
