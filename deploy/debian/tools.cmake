# Run by cpack before it makes the package: without these programs it would leave out which libraries the programs need, and say nothing.
foreach(PROGRAM dpkg-shlibdeps file)
  unset(FOUND CACHE)
  find_program(FOUND ${PROGRAM})
  if(NOT FOUND)
    message(FATAL_ERROR "${PROGRAM} is missing; deploy/debian/packages lists what making the Debian package needs")
  endif()
endforeach()
