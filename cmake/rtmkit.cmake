# Helpers for every CMakeLists.txt of the project. A target of ours is made with one of
# these, or calls rtmkit_target() itself.
#
#   rtmkit_target(<target>)                                   flags and include roots
#   rtmkit_floor(<name> SOURCES <files> [FLOORS <floors>] [LINKS <targets>])
#   rtmkit_link(<target> <target or floor>...)                floors bring the floors below
#   rtmkit_bench(<name> SOURCES <files> [LINKS <targets>] [ARGS <args>])
#
# Tests have theirs in tests/CMakeLists.txt.

set(rtmkit_warnings
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>)

# Flags of our own code: C11, every warning, the sanitizers of this build, two include roots
# (the project's for "lib/fpnn/frame.h", include/ for <rtm/client.h>).
function(rtmkit_target target)
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_include_directories(${target} PRIVATE
        "${rtmkit_SOURCE_DIR}" "${rtmkit_SOURCE_DIR}/include")
    target_compile_options(${target} PRIVATE ${rtmkit_warnings} -fno-omit-frame-pointer
        $<$<BOOL:${RTMKIT_WERROR}>:-Werror>)
    if(RTMKIT_SANITIZE)
        # A report ends the program, so that it fails the test.
        set(flags -fsanitize=${RTMKIT_SANITIZE} -fno-sanitize-recover=all)
        target_compile_options(${target} PRIVATE ${flags})
        target_link_options(${target} PRIVATE ${flags})
    endif()
endfunction()

# One floor of lib/, as the object library rtmi_<name>: compiled once for the static library,
# the shared one, the gate and the tests. FLOORS are the floors it stands on, LINKS the
# libraries of others that it needs.
function(rtmkit_floor name)
    cmake_parse_arguments(arg "" "" "SOURCES;FLOORS;LINKS" ${ARGN})
    set(target rtmi_${name})

    add_library(${target} OBJECT ${arg_SOURCES})
    rtmkit_target(${target})
    set_target_properties(${target} PROPERTIES
        POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
    target_link_libraries(${target} PUBLIC ${arg_LINKS})
    list(TRANSFORM arg_FLOORS PREPEND rtmi_)
    set_property(TARGET ${target} PROPERTY RTMKIT_FLOORS ${arg_FLOORS})
endfunction()

# Link targets; a floor brings the floors that it stands on. (CMake alone hands on the
# libraries behind an object library, but not the objects.)
function(rtmkit_link target)
    set(todo ${ARGN})
    set(links)
    while(todo)
        list(POP_FRONT todo next)
        if(next IN_LIST links OR (next MATCHES "^rtmi_" AND NOT TARGET ${next}))
            continue()
        endif()
        list(APPEND links ${next})
        if(TARGET ${next})
            get_target_property(floors ${next} RTMKIT_FLOORS)
            if(floors)
                list(APPEND todo ${floors})
            endif()
        endif()
    endwhile()
    target_link_libraries(${target} PRIVATE ${links})
endfunction()

# A benchmark: bin/bench_<name>, run alone by `make bench` under the label bench.
function(rtmkit_bench name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINKS;ARGS" ${ARGN})
    set(target bench_${name})
    add_executable(${target} ${arg_SOURCES})
    rtmkit_target(${target})
    rtmkit_link(${target} ${arg_LINKS})
    add_test(NAME bench.${name} COMMAND ${target} ${arg_ARGS})
    set_tests_properties(bench.${name} PROPERTIES LABELS bench RUN_SERIAL ON TIMEOUT 600)
    add_dependencies(tests-bench ${target})
endfunction()
