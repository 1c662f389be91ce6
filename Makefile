# The front door; the work is done by CMake (CMakePresets.json). `make help` says what there is.
PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 1800
SOAK_RATE ?= 1000
SOAK_KILLS ?= 100
# Debian's, which has Debian's setuptools: another one may stand first in PATH.
PYTHON ?= /usr/bin/python3

CTEST = ctest --output-on-failure -j$(JOBS)

.NOTPARALLEL:
.PHONY: all help deps deps-python deps-test deps-fuzz deps-bench wheel docs coverage fuzz test tsan \
	demo install bench soak format clean

all: ## build the library, the gate and the command line (build/release)
	cmake --preset release
	cmake --build --preset release -j$(JOBS) --target product

help: ## this list
	@sed -n 's/^\([a-z-]*\):.* ## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20
	@echo 'Variables: PREFIX, DESTDIR (install), DEMO_SECONDS (demo), FUZZ_SECONDS (fuzz), QUICK (bench)'
	@echo '           SOAK_SECONDS, SOAK_RATE, SOAK_KILLS, SOAK_SEED (soak), JOBS'

deps: ## install what building and running needs (Debian 12, 13)
	@tools/deps.sh run

deps-python: ## install what building the Python package needs
	@tools/deps.sh python

deps-test: ## install what the tests need besides
	@tools/deps.sh test

deps-fuzz:
	@tools/deps.sh fuzz

deps-bench: ## install the servers that the benchmarks compare with; none runs as a service
	@tools/deps.sh bench

docs: ## the reference of the public headers, as pages: build/docs/html/index.html
	@tools/deps.sh docs
	@mkdir -p build/docs
	doxygen docs/Doxyfile

coverage: deps deps-test ## which lines the tests reach: build/coverage/lines.txt
	cmake --preset coverage
	cmake --build --preset coverage -j$(JOBS)
	find build/coverage -name '*.gcda' -delete
	$(CTEST) --test-dir build/coverage -LE 'bench|lint|install'
	@tools/coverage build/coverage | tee build/coverage/lines.txt

# The sanitized build runs everything; the build that users get runs the integration tests.
test: deps deps-test ## build and run the tests
	cmake --preset dev
	cmake --build --preset dev -j$(JOBS)
	cmake --preset release -DRTMKIT_TESTS=ON
	cmake --build --preset release -j$(JOBS) --target product tests-integration tests-python
	@result=0; \
	$(CTEST) --preset dev || result=1; \
	$(CTEST) --preset release -L '^(integration|python|install)$$' || result=1; \
	exit $$result

tsan: deps deps-test ## build and run the tests under ThreadSanitizer
	cmake --preset tsan
	cmake --build --preset tsan -j$(JOBS)
	$(CTEST) --preset tsan

wheel: deps-python ## the Python package as a wheel: bindings/python/dist
	cd bindings/python && $(PYTHON) setup.py -q bdist_wheel
	@ls bindings/python/dist/*.whl

demo: deps all ## a gate, a listener and simulated traffic; DEMO_SECONDS=10 ends by itself
	@tools/demo.sh

install: ## install into DESTDIR and PREFIX (/usr/local)
	cmake --preset release -DCMAKE_INSTALL_PREFIX='$(abspath $(PREFIX))'
	cmake --build --preset release -j$(JOBS) --target product
	DESTDIR='$(DESTDIR)' cmake --install build/release
	@if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" = 0 ]; then ldconfig; fi

# Quick: only the suite that compares with others, in under three minutes after the build.
bench: deps deps-test deps-bench ## build and run the benchmarks; QUICK=1: only those beside others
	cmake --preset release -DRTMKIT_TESTS=ON
	cmake --build --preset release -j$(JOBS) \
	    --target product $(if $(QUICK),bench-suite,tests-bench)
	$(if $(QUICK),,ctest --test-dir build/release -L '^bench$$' --verbose)
	RTMKIT_BUILD=build/release $(PYTHON) bench/suite.py $(if $(QUICK),--quick)

soak: deps deps-test ## 100 kills with each durability, then SOAK_SECONDS of random operations
	cmake --preset release -DRTMKIT_TESTS=ON
	cmake --build --preset release -j$(JOBS) --target product tests-soak
	RTMD=build/release/bin/rtmd SOAK_KILLS=$(SOAK_KILLS) build/release/tests/bin/soak.gate.kill
	RTMD=build/release/bin/rtmd SOAK_SECONDS=$(SOAK_SECONDS) SOAK_RATE=$(SOAK_RATE) \
	    build/release/tests/bin/soak.gate.random

fuzz: deps deps-fuzz ## run each fuzzer for FUZZ_SECONDS (60), from its seeds
	cmake --preset fuzz
	cmake --build --preset fuzz -j$(JOBS) --target fuzzers
	@tools/fuzz.sh build/fuzz $(FUZZ_SECONDS)

format: ## format the sources with clang-format 14
	@tools/format

clean: ## remove all builds
	rm -rf build
