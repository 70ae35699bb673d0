# The Debian package: `cpack` in a build folder makes suivi_VERSION_ARCHITECTURE.deb there, of what debian/packages lists.
# Whoever gives the package to others names himself: -DSUIVI_MAINTAINER="NAME <ADDRESS>". The address below is nobody's: Debian's
# policy wants one, and lintian takes a maintainer without it for an error.
set(SUIVI_MAINTAINER "Suivi developers <packages@hooks.example>" CACHE STRING "who made the Debian package")

set(DEBIAN ${CMAKE_CURRENT_BINARY_DIR}/debian)
string(TIMESTAMP CHANGED "%a, %d %b %Y %H:%M:%S +0000" UTC) # of SOURCE_DATE_EPOCH, where that is set
file(READ ${PROJECT_SOURCE_DIR}/receiver/screen/preact_license.txt PREACT_LICENSE)
configure_file(debian/changelog.in ${DEBIAN}/changelog.Debian @ONLY)
configure_file(debian/copyright.in ${DEBIAN}/copyright @ONLY)
add_custom_command(
  OUTPUT ${DEBIAN}/changelog.Debian.gz
  COMMAND gzip -9nkf ${DEBIAN}/changelog.Debian
  DEPENDS ${DEBIAN}/changelog.Debian
  VERBATIM)
add_custom_target(debian-changelog ALL DEPENDS ${DEBIAN}/changelog.Debian.gz)
install(FILES ${DEBIAN}/changelog.Debian.gz ${DEBIAN}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME suivi)
set(CPACK_PACKAGE_CONTACT ${SUIVI_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "keeps a shop's orders true to what its courier says")
set(CPACK_PACKAGE_DESCRIPTION
  "Takes the courier's webhooks, makes them durable, and applies them to the\norders in the shop's own PostgreSQL; fetches the courier's orders on a\nschedule and fills in what webhooks missed.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR})
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/debian/tools.cmake)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, passwd, tzdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postgresql")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/debian/postinst ${CMAKE_CURRENT_SOURCE_DIR}/debian/prerm
  ${CMAKE_CURRENT_SOURCE_DIR}/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
