# The front of the build. Every target first installs what is missing (.ci/setup), so each works alone on a fresh Debian 12.
#
#   make, make build   builds into build/; build/run CMD… runs any command with what was built on its paths
#   make demo          the tutorial from R and Lua on one directory, in the browser; ONCE=1: checks every page and ends
#   make test          all tests but the long ones; TESTS=REGEX: only those with a matching name
#   make test-long     the long ones
#   make bench         measures us beside others and the machine's limits (tests/bench/README.md); writes build/bench.json
#   make check         formats and lints, changing nothing; make format: formats
#   make install       installs library, header, command, Lua module and R package; PREFIX and DESTDIR are honoured
#   make datasets      makes the bundled series anew from the packages that they come from
#   make clean         removes build/ and the page's npm packages

PREFIX ?= /usr/local
BUILD := build
TESTS ?= .
ONCE ?=
JOBS ?= $(shell nproc)

C_SOURCES = $(wildcard core/include/*.h core/src/*.[ch] core/src/*.cc core/tool/*.c bindings/*/*.[ch] \
  bindings/*/src/*.[ch] tests/*/*.[ch] tests/*/*.cc)
TIDY_SOURCES = $(wildcard core/src/*.c core/tool/*.c bindings/lua/*.c)
LUA_SOURCES = $(wildcard bindings/lua/*.lua tests/lua/*.lua tests/demo/*.lua tests/bench/writers/*.lua)
SHELL_SCRIPTS = $(wildcard .ci/run .ci/setup tests/*/*.sh bindings/r/configure bindings/r/cleanup)

.PHONY: build setup setup-test setup-bench configure demo bench test tests test-long install check format datasets clean

build: configure
	@cmake --build $(BUILD) --parallel $(JOBS)

setup:
	@.ci/setup build

setup-test:
	@.ci/setup test

setup-bench:
	@.ci/setup bench

configure: setup
	@cmake --preset default --log-level=WARNING $(CMAKE_FLAGS) > /dev/null

demo: build
	@ONCE=$(ONCE) $(BUILD)/run tests/demo/demo.sh

# The tests' programs are no part of the plain build. Reconfigured after the set-up, which may bring what was missing.
tests: setup-test build
	@cmake --build $(BUILD) --parallel $(JOBS) --target tests

test: tests
	@ctest --test-dir $(BUILD) --output-on-failure --parallel $(JOBS) --label-regex 'short|medium' --tests-regex '$(TESTS)'

test-long: tests
	@ctest --test-dir $(BUILD) --output-on-failure --label-regex long --tests-regex '$(TESTS)'

bench: setup-bench build
	@cmake --build $(BUILD) --parallel $(JOBS) --target bench_programs
	@$(BUILD)/run /usr/bin/python3 tests/bench/bench.py

install: build
	@DESTDIR='$(DESTDIR)' cmake --install $(BUILD) --prefix '$(PREFIX)'

check: tests
	@echo "clang-format"; clang-format --dry-run -Werror $(C_SOURCES)
	@echo "clang-tidy"; printf '%s\n' $(TIDY_SOURCES) | xargs -P $(JOBS) -n 1 clang-tidy --quiet --warnings-as-errors='*' -p $(BUILD) 2> /dev/null
	@echo "tsc"; cd web && node_modules/.bin/tsc --noEmit
	@echo "luacheck"; luacheck --quiet --std lua54 $(LUA_SOURCES)
	@echo "shellcheck"; shellcheck $(SHELL_SCRIPTS)
	@echo "layering"; tests/layering/layering.py

format: setup-test
	@clang-format -i $(C_SOURCES)

datasets: tests
	@datasets/make.py

clean:
	rm -rf $(BUILD) web/node_modules
