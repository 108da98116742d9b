# The changelog that each package of Debian has, from the version and its date; people read
# CHANGELOG.md.
find_program(GNU_DATE date REQUIRED)
execute_process(COMMAND ${GNU_DATE} -u -R -d ${ANYCLAUDE_VERSION_DATE} OUTPUT_VARIABLE date
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
set(changelog ${CMAKE_BINARY_DIR}/share/doc/changelog)
file(WRITE ${changelog}
"anyclaude (${PROJECT_VERSION}) unstable; urgency=medium

  * See CHANGELOG.md.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
execute_process(COMMAND gzip -9nf ${changelog} COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${changelog}.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
