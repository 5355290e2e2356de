# keyfence_library(NAME SOURCES ... DEPS ... [SYSTEM_DEPS ...])   a static library keyfence_NAME under libs/NAME
# keyfence_test(NAME SOURCES ... DEPS ... [LABELS ...])           a GoogleTest program registered with ctest
# keyfence_fuzzer(NAME SOURCES ... DEPS ...)                      a libFuzzer program, only with KEYFENCE_FUZZ

find_package(Threads REQUIRED)

add_library(keyfence_flags INTERFACE)
target_include_directories(keyfence_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(keyfence_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion
    -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wimplicit-fallthrough -Wswitch>
  -fno-omit-frame-pointer)
# g++ 12 reports false positives of these inside the standard library when optimising; clang keeps them.
target_compile_options(keyfence_flags INTERFACE
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds
    -Wno-psabi>)
target_compile_options(keyfence_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-D_FORTIFY_SOURCE=2 -fstack-protector-strong>)
if(KEYFENCE_SANITIZE)
  target_compile_options(keyfence_flags INTERFACE -fsanitize=${KEYFENCE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(keyfence_flags INTERFACE -fsanitize=${KEYFENCE_SANITIZE})
endif()
if(KEYFENCE_FUZZ)
  target_compile_options(keyfence_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  target_link_options(keyfence_flags INTERFACE -fsanitize=address,undefined)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

function(keyfence_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;SYSTEM_DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(keyfence_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(keyfence_${name} PUBLIC keyfence_flags PRIVATE ${ARG_SYSTEM_DEPS})
    foreach(dep ${ARG_DEPS})
      target_link_libraries(keyfence_${name} PUBLIC keyfence_${dep})
    endforeach()
  else()
    add_library(keyfence_${name} INTERFACE)
    target_link_libraries(keyfence_${name} INTERFACE keyfence_flags)
    foreach(dep ${ARG_DEPS})
      target_link_libraries(keyfence_${name} INTERFACE keyfence_${dep})
    endforeach()
  endif()
endfunction()

find_package(GTest REQUIRED)
include(GoogleTest)
add_custom_target(keyfence_unit_tests)  # builds every keyfence_test()
# Tests of a sanitizer build carry its name, so that one summary can list them beside those of another build.
if(KEYFENCE_SANITIZE MATCHES "address")
  set(KEYFENCE_TEST_SUFFIX ".asan")
elseif(KEYFENCE_SANITIZE MATCHES "thread")
  set(KEYFENCE_TEST_SUFFIX ".tsan")
else()
  set(KEYFENCE_TEST_SUFFIX "")
endif()

function(keyfence_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;SYSTEM_DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE keyfence_flags GTest::gmock GTest::gtest_main ${ARG_SYSTEM_DEPS})
  foreach(dep ${ARG_DEPS})
    target_link_libraries(${name} PRIVATE keyfence_${dep})
  endforeach()
  add_dependencies(keyfence_unit_tests ${name})
  add_test(NAME ${name}${KEYFENCE_TEST_SUFFIX} COMMAND ${name})
  set_tests_properties(${name}${KEYFENCE_TEST_SUFFIX} PROPERTIES LABELS "unit;${ARG_LABELS}" TIMEOUT 300)
endfunction()

function(keyfence_fuzzer name)
  if(NOT KEYFENCE_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE keyfence_flags)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  foreach(dep ${ARG_DEPS})
    target_link_libraries(${name} PRIVATE keyfence_${dep})
  endforeach()
endfunction()
