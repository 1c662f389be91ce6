# Where the libraries of others come from. Each becomes an imported target:
#
#   OpenSSL::Crypto OpenSSL::SSL Threads::Threads PkgConfig::CARES          the library
#   PkgConfig::LIBUV PkgConfig::SQLITE PkgConfig::JANSSON PkgConfig::INIH
#   PkgConfig::MICROHTTPD                                                   the programs
#   PkgConfig::LIBPQ                                                        with RTMKIT_POSTGRES
#
# uthash is headers only and needs no target. `make deps` installs all of it on Debian.
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares>=1.18)

if(RTMKIT_GATE OR RTMKIT_CLI)
    pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
    pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
endif()
if(RTMKIT_GATE)
    pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)
    pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
    pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.71)
    if(RTMKIT_POSTGRES)
        pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq>=14) # pipelines
    endif()
endif()
