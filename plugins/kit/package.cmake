# What a driver outside this tree builds against: the contract's headers, the kit, and how pkg-config and CMake find
# them.  landfall itself looks for drivers in ../lib/landfall/plugins from its program, so the folders are fixed.
include(CMakePackageConfigHelpers)

foreach(part MAJOR MINOR)
  file(STRINGS ${CMAKE_SOURCE_DIR}/include/landfall/plugin.h line REGEX "^#define LF_ABI_${part} ")
  string(REGEX REPLACE "^.* ([0-9]+)u$" "\\1" abi_${part} "${line}")
endforeach()
set(LANDFALL_ABI ${abi_MAJOR}.${abi_MINOR})

file(GLOB contracts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/landfall/*.h)
install(FILES ${contracts} ${CMAKE_SOURCE_DIR}/include/landfall/CHANGES.md DESTINATION include/landfall)
install(FILES kit/kit.h kit/kit_aws.h kit/kit_edit.h kit/kit_http.h kit/kit_plan.h kit/kit_sql.h kit/kit_xml.h DESTINATION include/landfall/kit)
install(TARGETS kit plugin_contract EXPORT landfall-targets ARCHIVE DESTINATION lib)
set_target_properties(kit PROPERTIES EXPORT_NAME kit)
install(EXPORT landfall-targets NAMESPACE landfall:: DESTINATION lib/cmake/landfall)

set(package ${CMAKE_CURRENT_BINARY_DIR}/package)
configure_file(kit/package/landfall.pc.in ${package}/landfall.pc @ONLY)
configure_file(kit/package/landfall-config.cmake.in ${package}/landfall-config.cmake @ONLY)
# What was built for an older contract goes on working: see include/landfall/CHANGES.md.
write_basic_package_version_file(${package}/landfall-config-version.cmake COMPATIBILITY AnyNewerVersion)
install(FILES ${package}/landfall.pc DESTINATION lib/pkgconfig)
install(FILES ${package}/landfall-config.cmake ${package}/landfall-config-version.cmake DESTINATION lib/cmake/landfall)
install(FILES null/null.c DESTINATION share/doc/landfall) # the template to copy
