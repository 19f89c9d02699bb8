# alveus_library(NAME HEADERS … SOURCES … [DEPS …] [EXTERNAL …] [PUBLIC_EXTERNAL …])
#
# Makes target alveus_NAME, alias alveus::NAME, from src/NAME. DEPS are libraries of ours; each arrow must stand in
# src/layers.txt, or configuring stops. EXTERNAL are third-party targets that only our sources see;
# PUBLIC_EXTERNAL those that our headers show. Every header is compiled alone (target all_verify_interface_header_sets),
# and NAME_closed links all objects of the library to its declared dependencies alone.
#
# alveus_tests(NAME TIER tier SOURCES … [DEPS …])
#
# Makes test program NAME_TIER_tests of which every test is named NAME.Suite.Test and carries the label TIER.

set(ALVEUS_LAYERS_FILE ${PROJECT_SOURCE_DIR}/src/layers.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ALVEUS_LAYERS_FILE})

file(STRINGS ${ALVEUS_LAYERS_FILE} lines REGEX "^[a-z]+:")
foreach(line IN LISTS lines)
  string(REGEX MATCH "^([a-z]+):(.*)$" _ "${line}")
  string(STRIP "${CMAKE_MATCH_2}" allowed)
  string(REPLACE " " ";" allowed "${allowed}")
  set(ALVEUS_LAYER_${CMAKE_MATCH_1} "${allowed}")
  list(APPEND ALVEUS_LAYERS ${CMAKE_MATCH_1})
endforeach()

function(alveus_check_layers name)
  if(NOT name IN_LIST ALVEUS_LAYERS)
    message(FATAL_ERROR "src/layers.txt has no line for the library '${name}'")
  endif()
  foreach(dependency IN LISTS ARGN)
    if(NOT dependency IN_LIST ALVEUS_LAYER_${name})
      message(FATAL_ERROR "src/layers.txt does not allow '${name}' to use '${dependency}'. "
        "A new arrow needs a note in docs/decisions/ and must not close a cycle.")
    endif()
  endforeach()
endfunction()

function(alveus_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;SOURCES;DEPS;EXTERNAL;PUBLIC_EXTERNAL")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "alveus_library(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  alveus_check_layers(${name} ${arg_DEPS})
  list(TRANSFORM arg_DEPS PREPEND alveus:: OUTPUT_VARIABLE dependencies)

  add_library(alveus_${name} STATIC ${arg_SOURCES})
  add_library(alveus::${name} ALIAS alveus_${name})
  target_sources(alveus_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${arg_HEADERS})
  set_target_properties(alveus_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(alveus_${name} PUBLIC ${dependencies} ${arg_PUBLIC_EXTERNAL} PRIVATE ${arg_EXTERNAL} alveus_warnings)

  set(main ${PROJECT_BINARY_DIR}/closed_main.cpp)
  if(NOT EXISTS ${main})
    file(WRITE ${main} "int main() { return 0; }\n")
  endif()
  add_executable(${name}_closed EXCLUDE_FROM_ALL ${main})
  target_link_libraries(${name}_closed PRIVATE
    -Wl,--whole-archive alveus_${name} -Wl,--no-whole-archive)
  set_target_properties(${name}_closed PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/closed)
  if(NOT TARGET closed)
    add_custom_target(closed COMMENT "Every library links with its declared dependencies alone")
  endif()
  add_dependencies(closed ${name}_closed)
endfunction()

function(alveus_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIER" "SOURCES;DEPS;EXTERNAL")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_TIER)
    message(FATAL_ERROR "alveus_tests(${name}): needs TIER; unknown arguments '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  set(program ${name}_${arg_TIER}_tests)
  list(TRANSFORM arg_DEPS PREPEND alveus:: OUTPUT_VARIABLE dependencies)
  add_executable(${program} ${arg_SOURCES})
  target_include_directories(${program} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${program} PRIVATE ${dependencies} ${arg_EXTERNAL} GTest::gmock GTest::gtest_main alveus_warnings)
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  # Tests find real data beside the project and skip, saying so, where there are none.
  target_compile_definitions(${program} PRIVATE ALVEUS_TEST_PROJECT_DIR="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(${program} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${arg_TIER} TIMEOUT 300 ENVIRONMENT "ALVEUS_BIN_DIR=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endfunction()
