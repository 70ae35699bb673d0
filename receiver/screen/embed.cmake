# Writes OUTPUT: the table of FILES (below ROOT) and of the component library, each as bytes, plain and compressed, with the
# hash of its content. SCRATCH gets the files as they are served.
file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH}/js)

set(TYPE_html "text/html; charset=utf-8")
set(TYPE_css "text/css; charset=utf-8")
set(TYPE_js "text/javascript; charset=utf-8")
set(TYPE_txt "text/plain; charset=utf-8")
set(TYPE_svg "image/svg+xml")
set(MINIFY ${ESBUILD} --minify --charset=utf8 --log-level=warning)

# The library: one module with what the screen uses of it, and its license beside it.
file(COPY_FILE ${CMAKE_CURRENT_LIST_DIR}/preact_license.txt ${SCRATCH}/js/preact.txt)
file(WRITE ${SCRATCH}/library.in "export { h, Component, options, render } from './preact.js';\n")
execute_process(COMMAND ${MINIFY} --bundle --format=esm "--banner:js=/* Preact; its license is preact.txt */" WORKING_DIRECTORY ${PREACT}
  INPUT_FILE ${SCRATCH}/library.in OUTPUT_FILE ${SCRATCH}/js/preact.js COMMAND_ERROR_IS_FATAL ANY)
set(NAMES js/preact.js js/preact.txt)

# Our modules, joined into one: js/app.js with all that it imports.
execute_process(COMMAND ${MINIFY} app.js --bundle --format=esm --external:./preact.js WORKING_DIRECTORY ${ROOT}/js
  OUTPUT_FILE ${SCRATCH}/js/app.js COMMAND_ERROR_IS_FATAL ANY)
list(APPEND NAMES js/app.js)

foreach(FILE IN LISTS FILES)
  cmake_path(RELATIVE_PATH FILE BASE_DIRECTORY ${ROOT} OUTPUT_VARIABLE NAME)
  if(NAME MATCHES "^js/" AND NOT NAME STREQUAL "js/theme.js")
    continue()
  endif()
  cmake_path(GET NAME PARENT_PATH FOLDER)
  file(MAKE_DIRECTORY ${SCRATCH}/${FOLDER})
  if(NAME MATCHES "\\.(js|css)$")
    execute_process(COMMAND ${MINIFY} ${FILE} OUTPUT_FILE ${SCRATCH}/${NAME} COMMAND_ERROR_IS_FATAL ANY)
  else()
    file(COPY_FILE ${FILE} ${SCRATCH}/${NAME})
  endif()
  list(APPEND NAMES ${NAME})
endforeach()
list(SORT NAMES)

# An array of FILE's bytes under NAME.
function(append_bytes NAME FILE)
  file(READ ${FILE} BYTES HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," BYTES "${BYTES}")
  set(TEXT "${TEXT}constexpr unsigned char ${NAME}[] = {${BYTES}};\n" PARENT_SCOPE)
endfunction()

set(TEXT "// Made by embed.cmake from the files of the screen.\n#include \"receiver/screen/screen_files.hpp\"\n\nnamespace suivi::receiver {\nnamespace {\n")
set(TABLE "")
set(NUMBER 0)
foreach(NAME IN LISTS NAMES)
  string(REGEX REPLACE "^.*\\." "" ENDING ${NAME})
  if(NOT DEFINED TYPE_${ENDING})
    message(FATAL_ERROR "${NAME}: no content type is known for .${ENDING}")
  endif()
  execute_process(COMMAND ${GZIP} -9 -n -c ${SCRATCH}/${NAME} OUTPUT_FILE ${SCRATCH}/${NUMBER}.gz COMMAND_ERROR_IS_FATAL ANY)
  file(SHA256 ${SCRATCH}/${NAME} HASH)
  string(SUBSTRING "${HASH}" 0 20 HASH)
  append_bytes(plain_${NUMBER} ${SCRATCH}/${NAME})
  append_bytes(gzip_${NUMBER} ${SCRATCH}/${NUMBER}.gz)
  string(APPEND TABLE "    {\"${NAME}\", \"${TYPE_${ENDING}}\", \"${HASH}\", plain_${NUMBER}, gzip_${NUMBER}},\n")
  math(EXPR NUMBER "${NUMBER} + 1")
endforeach()
string(APPEND TEXT "constexpr screen_file table[] = {\n${TABLE}};\n} // namespace\n\nstd::span<const screen_file> screen_files() { return table; }\n\n} // namespace suivi::receiver\n")
file(WRITE ${OUTPUT} "${TEXT}")
