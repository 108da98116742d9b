# The dashboard's page as a library: web_files() of src/api/web_files.h. scripts/web.sh bundles web/
# into the build folder, and does nothing when that has not changed.

find_package(Python3 REQUIRED COMPONENTS Interpreter)

file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/*)
list(FILTER web_sources EXCLUDE REGEX "/node_modules/|_test\\.ts$")
set(web_page ${CMAKE_BINARY_DIR}/web)
set(web_files_cpp ${CMAKE_BINARY_DIR}/web_files.cpp)

add_custom_command(
  OUTPUT ${web_files_cpp}
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/web.sh ${web_page}
  COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/cmake/embed_page.py ${web_page} ${web_files_cpp}
  DEPENDS ${web_sources} ${CMAKE_SOURCE_DIR}/scripts/web.sh ${CMAKE_SOURCE_DIR}/scripts/setup/web.sh
    ${CMAKE_SOURCE_DIR}/cmake/embed_page.py
  COMMENT "Bundling the dashboard's page"
  VERBATIM)

add_library(web_files STATIC ${web_files_cpp})
target_link_libraries(web_files PRIVATE project_options)
