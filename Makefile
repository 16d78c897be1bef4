# thimble: `make help` lists the targets.
#
# BUILD=dir builds elsewhere, DEPS=dir takes the libraries from elsewhere, DEPS_CACHE=dir is where
# their sources are kept (~/.cache/thimble), -jN as usual
# (all processors by default). TARGET=triple builds for another machine: see amd64 and arm64.

BUILD ?= build
DEPS  ?= $(BUILD)/deps
TARGET ?=
CC    := $(if $(TARGET),$(TARGET)-gcc,$(if $(filter default,$(origin CC)),gcc,$(CC)))
FOR   := $(addprefix -,$(TARGET))
TOOLS := $(addsuffix -,$(TARGET))
# Debian's own Python: that is the one python3-pytest belongs to.
PYTHON ?= /usr/bin/python3
CLANG_FORMAT ?= clang-format
CLANG_TIDY   ?= clang-tidy
SIZE_LIMIT   := 2390000

MAKEFLAGS += --no-builtin-rules
ifeq ($(filter -j%,$(MAKEFLAGS))$(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

VERSION := $(shell cat VERSION)
HEADERS := $(wildcard src/*.h src/*/*.h src/*/*/*.h)
SOURCES := $(wildcard src/*.c src/*/*.c src/*/*/*.c)
UNIT    := $(wildcard tests/unit/test_*.c)
UNIT_HELPERS := $(filter-out $(UNIT),$(wildcard tests/unit/*.c))
STYLED  = $(sort $(HEADERS) $(SOURCES) $(wildcard tests/*/*.[ch] third_party/*.h third_party/*/*.h) \
          $(wildcard $(filter %.c %.h,$(shell git ls-files 2>/dev/null))))

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wformat=2 -Wvla -Wundef
CPPFLAGS_ALL = -D_GNU_SOURCE -DTHIMBLE_VERSION='"$(VERSION)"' -DTHIMBLE_ARGON2_VERSION='"$(ARGON2)"' -Isrc
# It does not know its own version.
ARGON2      := $(shell awk '$$1 == "argon2" { print $$2; exit }' deps.lock)
CFLAGS_ALL   = -std=c11 $(WARNINGS) -MMD -MP -ffile-prefix-map=$(CURDIR)=.
LIBRARIES    = libmicrohttpd.a libjansson.a libsqlite3.a libmbedcrypto.a libargon2.a

# ---- the three flavours: FLAVOUR, where its libraries are and its objects go, its flags

# The product: musl, static PIE, small and hardened.
LIBC    = $(DEPS)/libc$(FOR)
MUSL_CC = $(CC) -specs $(LIBC)/static-pie.specs -idirafter $(LIBC)/kernel
musl_DEPS   = $(DEPS)/musl$(FOR)
musl_DIR    = $(BUILD)/musl
musl_OWN    = $(musl_DEPS)/lib/libmimalloc.a $(musl_DEPS)/lib/libstring.a
musl_CC     = $(MUSL_CC)
musl_CFLAGS = -O2 -flto -fPIE -fstack-protector-strong -ffunction-sections -fdata-sections \
              -fno-asynchronous-unwind-tables -fno-unwind-tables \
              -DTHIMBLE_LIBC='"musl $(shell cat $(LIBC)/version 2>/dev/null), mimalloc $(shell awk "/^mimalloc /{print \$$2;exit}" deps.lock)"' $(CFLAGS)
# What runs at the start, on a terminal or once for a file is small rather than fast; not so what each
# request with a token or a key goes through.
WARM = $(patsubst %,src/access/%.c,authenticate api_key token/token_gate token/token_cache)
COLD = $(wildcard src/main.c src/config/*.c src/sources/*.c src/serve/*.c src/commands/*.c src/admin/*.c \
       src/*/openapi*.c src/store/catalog/[a-z]*_*.c src/store/catalog/[dlr]*.c src/store/files/*.c \
       src/store/access/*.c) $(filter-out $(WARM),$(wildcard src/access/*.c src/access/*/*.c)) \
       $(patsubst %,src/%.c,http/listen http/inherit http/server http/metrics_read resource/problem \
       store/db/db_fault store/db/db_files base/exposition base/log base/process base/progress \
       base/atomic_file)
musl_LDFLAGS = -O2 -flto=auto -fPIE -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,pack-relative-relocs \
              -Wl,--build-id=none -Wl,-Map,$(musl_DIR)/thimble.map

# For the tests: glibc and sanitizers that end the program.
SANITIZE = -fno-omit-frame-pointer -fno-sanitize-recover=all
dev_DEPS    = $(DEPS)/dev
dev_DIR     = $(BUILD)/dev
dev_CC      = $(CC)
dev_CFLAGS  = -O1 -g -Werror -fsanitize=address,undefined $(SANITIZE) \
              -DTHIMBLE_LIBC='"glibc"' $(CFLAGS)
dev_LDFLAGS = -fsanitize=address,undefined

tsan_DEPS   = $(DEPS)/tsan
tsan_DIR     = $(BUILD)/tsan
tsan_CC      = $(CC)
tsan_CFLAGS  = -O1 -g -Werror -fsanitize=thread $(SANITIZE) -DTHIMBLE_LIBC='"glibc"' $(CFLAGS)
tsan_LDFLAGS = -fsanitize=thread

# For the fuzzers: clang, whose libFuzzer sees which edges an input takes.
CLANG ?= clang
fuzz_DEPS   = $(DEPS)/dev
fuzz_DIR    = $(BUILD)/fuzz
fuzz_CC     = $(CLANG)
fuzz_CFLAGS = -O1 -g -fsanitize=fuzzer-no-link,address,undefined $(SANITIZE) -Wno-unknown-warning-option \
              -DTHIMBLE_LIBC='"glibc"' $(CFLAGS)
fuzz_LDFLAGS = -fsanitize=address,undefined

.PHONY: all dev help
all: $(BUILD)/thimble ## build/thimble: static, musl, stripped (the default)

dev: $(BUILD)/dev/thimble ## build/dev/thimble: glibc, with ASan and UBSan

# flavour NAME, PROGRAM
define flavour
$(1)_OBJECTS := $$(SOURCES:src/%.c=$$($(1)_DIR)/obj/%.o) $$($(1)_DIR)/obj/migrations_builtin.o \
                $$($(1)_DIR)/obj/queries_builtin.o $$($(1)_DIR)/obj/access_builtin.o \
                $$($(1)_DIR)/obj/licenses_builtin.o
$(1)_INNER    = $$(filter-out %/obj/main.o,$$($(1)_OBJECTS))
$(1)_LIBS     = $$(LIBRARIES:%=$$($(1)_DEPS)/lib/%)

$$($(1)_DIR)/obj/%.o: src/%.c $$($(1)_DEPS)/.built Makefile VERSION
	@mkdir -p $$(@D)
	@echo "  CC    $$@"
	@$$($(1)_CC) $$(CPPFLAGS_ALL) -isystem $$($(1)_DEPS)/include $$(CFLAGS_ALL) $$($(1)_CFLAGS) -c $$< -o $$@

$$($(1)_DIR)/obj/%_builtin.o: $$(BUILD)/gen/%_builtin.c $$($(1)_DEPS)/.built Makefile
	@mkdir -p $$(@D)
	@$$($(1)_CC) $$(CPPFLAGS_ALL) $$(CFLAGS_ALL) $$($(1)_CFLAGS) -c $$< -o $$@

# The list of objects: a source that goes away must change the program too.
$$($(1)_DIR)/objects: FORCE
	@mkdir -p $$(@D)
	@echo '$$($(1)_OBJECTS)' | cmp -s - $$@ || echo '$$($(1)_OBJECTS)' > $$@

$(2): $$($(1)_OBJECTS) $$($(1)_DIR)/objects
	@echo "  LD    $$@"
	@$$($(1)_CC) $$($(1)_LDFLAGS) $$(LDFLAGS) -o $$@ $$($(1)_OBJECTS) $$($(1)_LIBS) $$($(1)_OWN) -lm -lpthread

-include $$($(1)_OBJECTS:.o=.d)
endef
$(eval $(call flavour,musl,$(BUILD)/musl/thimble))
$(COLD:src/%.c=$(musl_DIR)/obj/%.o): musl_CFLAGS += -Os
$(eval $(call flavour,dev,$(BUILD)/dev/thimble))
$(eval $(call flavour,tsan,$(BUILD)/tsan/thimble))
$(eval $(call flavour,fuzz,$(BUILD)/fuzz/thimble))

# gcc's specs make the static PIE: CC=clang builds dev and tsan.
ifneq ($(findstring clang,$(CC)),)
musl_CC = $(error the static binary takes gcc, not $(CC))
endif

# Static in truth: no program interpreter, nothing needed; and small.
$(BUILD)/thimble: $(BUILD)/musl/thimble
	@if $(TOOLS)readelf -lW $< | grep INTERP || $(TOOLS)readelf -dW $< | grep NEEDED; then \
	    echo "$<: not static" >&2; exit 1; fi
	@$(TOOLS)strip -o $@.tmp $<
	@size=$$(stat -c %s $@.tmp); if [ $$size -gt $(SIZE_LIMIT) ]; then \
	    echo "$@: $$size bytes, the limit is $(SIZE_LIMIT)" >&2; exit 1; fi; \
	    mv $@.tmp $@; echo "  OK    $@ ($$size bytes)"

# For a named kind of machine, by Debian's cross compiler if it is not this one.
amd64_TRIPLE = x86_64-linux-gnu
arm64_TRIPLE = aarch64-linux-gnu
MACHINE     := $(shell uname -m)
.PHONY: native amd64 arm64 native-libraries amd64-libraries arm64-libraries
amd64: ## build/amd64/thimble
arm64: ## build/arm64/thimble
native amd64 arm64 native-libraries amd64-libraries arm64-libraries:
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/$(@:-libraries=) DEPS=$(DEPS) \
	    TARGET=$(filter-out $(MACHINE)-%,$($(@:-libraries=)_TRIPLE)) \
	    $(if $(filter %-libraries,$@),libraries,all)

# Three lists of .sql files are compiled in. A file that comes or goes changes the list.
$(BUILD)/gen/%.list: FORCE
	@mkdir -p $(@D)
	@echo $(wildcard $*/*.sql) | cmp -s - $@ || echo $(wildcard $*/*.sql) > $@

.PRECIOUS: $(BUILD)/gen/%.list $(BUILD)/gen/%_builtin.c
$(BUILD)/gen/%_builtin.c: $(BUILD)/gen/%.list scripts/embed $(wildcard migrations/*.sql queries/*.sql access/*.sql)
	@scripts/embed $* > $@

$(BUILD)/gen/licenses_builtin.c: LICENSE VERSION deps.lock scripts/licenses $(wildcard docs/licenses/*)
	@mkdir -p $(@D)
	@scripts/licenses c > $@

# ---- libraries

.PHONY: FORCE deps fetch libraries
FORCE:

fetch: $(DEPS)/archives/.fetched ## fetch the libraries' sources, checked against deps.lock
libraries: $(musl_DEPS)/.built
deps: libraries $(DEPS)/dev/.built ## compile the libraries

$(DEPS)/archives/.fetched: deps.lock scripts/fetch-deps
	@scripts/fetch-deps $(@D)
	@touch $@

# A CFLAGS of the command line is for thimble's own sources: the libraries have flags of their own.
BUILD_DEPS = env -u CFLAGS -u CPPFLAGS -u LDFLAGS -u MAKEOVERRIDES MAKEFLAGS="$${MAKEFLAGS%%-- *}" scripts/build-deps
THIRD_PARTY := scripts/build-deps $(wildcard third_party/* third_party/*/*)

$(DEPS)/src/.built: $(DEPS)/archives/.fetched scripts/build-deps scripts/patches $(wildcard third_party/*/*.patch)
	+@$(BUILD_DEPS) src $(DEPS)

$(LIBC)/.built: $(DEPS)/src/.built scripts/build-deps
	+@$(BUILD_DEPS) libc $(DEPS) $(TARGET)

$(musl_DEPS)/.built: $(LIBC)/.built $(DEPS)/src/.built $(THIRD_PARTY)
	+@$(BUILD_DEPS) musl $(DEPS) $(TARGET)

$(DEPS)/dev/.built $(DEPS)/tsan/.built: $(DEPS)/%/.built: $(DEPS)/src/.built $(THIRD_PARTY)
	+@$(BUILD_DEPS) $* $(DEPS)

# ---- checks

.PHONY: format fmt floors lint units unit http http-static tsan check test run tools-build tools-test

check: ## formatting, floors, lint, unit tests, fuzzers, comparisons, the second fence, HTTP tests of both builds
	+@MAKE='$(MAKE)' scripts/run-checks $(BUILD) build-all format floors lint unit fuzz-kept compare fence rights http http-static

# T=name: only the tests of that name, or of names that it is a part of.
T ?=
test: tools-test ## install what is missing, build, and pass all of check; T=name: that test alone
	+@MAKE='$(MAKE)' PYTHON='$(PYTHON)' $(if $(T),scripts/run-one $(BUILD) '$(T)',$(MAKE) --no-print-directory check)

# A dev build of its own that counts lines, and the tests that run it. The tests' verdict is check's.
.PHONY: coverage
coverage: tools-test ## which lines the unit and HTTP tests reach: build/coverage/summary.txt
	+@find $(BUILD)/coverage -name '*.gcda' -delete 2>/dev/null; \
	    $(MAKE) --no-print-directory BUILD=$(BUILD)/coverage DEPS=$(DEPS) CC='$(CC)' \
	        CFLAGS='--coverage -fprofile-update=atomic' LDFLAGS=--coverage dev units && \
	    { $(MAKE) --no-print-directory -k BUILD=$(BUILD)/coverage DEPS=$(DEPS) CC='$(CC)' \
	        CFLAGS='--coverage -fprofile-update=atomic' LDFLAGS=--coverage unit http || true; }
	@scripts/coverage $(BUILD)/coverage

.PHONY: compile_commands.json
compile_commands.json: $(DEPS)/dev/.built ## for clangd: how each file of src and tests is compiled
	@scripts/compile-commands $(CC) $(CPPFLAGS_ALL) $(filter-out -MMD -MP -ffile-prefix-map%,$(CFLAGS_ALL)) \
	    $(dev_CFLAGS) -isystem $(DEPS)/dev/include -Itests/unit -Itests/fuzz > $@

.PHONY: build-all
build-all: all dev units

# Answers over databases and requests made by chance from a fixed seed, beside SQLite's own.
COMPARE_COUNT ?= 2000
COMPARE_SEED  ?= 1
.PHONY: compare
compare: $(BUILD)/dev/thimble ## COMPARE_COUNT (2000) answers of databases by chance, compared with SQLite's own; COMPARE_SEED (1)
	@PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/compare/run --binary $< --seed $(COMPARE_SEED) \
	    --count $(COMPARE_COUNT) --folder $(BUILD)/compare --result $(BUILD)/results/compare

# Databases, access files and requests by chance, from a fixed seed, beside a plain reference.
RIGHTS_COUNT ?= 600
RIGHTS_SEED  ?= 1
.PHONY: rights
rights: $(BUILD)/dev/thimble ## RIGHTS_COUNT (600) requests of roles by chance, compared with a plain reference; RIGHTS_SEED (1)
	@PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/access/run $< --seed $(RIGHTS_SEED) --cases $(RIGHTS_COUNT) \
	    --folder $(BUILD)/access --result $(BUILD)/results/rights

format: ## is every C file formatted?
	@$(CLANG_FORMAT) --dry-run -Werror $(STYLED)

fmt: ## format every C file
	@$(CLANG_FORMAT) -i $(STYLED)

floors: ## does every file keep to its floor, and is no circle among the objects of the dev build?
	@scripts/check-floors
	@scripts/check-knots $(BUILD)/dev/objects
	@scripts/licenses check
	@scripts/patches check

lint: $(DEPS)/dev/.built ## clang-tidy, cppcheck and shellcheck; are the licences those of the sources?
	@scripts/licenses check $(DEPS)/src
	@scripts/lint -std=c11 $(CPPFLAGS_ALL) -DTHIMBLE_LIBC='"glibc"' -isystem $(DEPS)/dev/include

UNITS := $(UNIT:tests/unit/%.c=$(BUILD)/dev/unit/%)
units: $(UNITS)

$(BUILD)/dev/unit/%.o: tests/unit/%.c $(DEPS)/dev/.built Makefile
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(dev_CC) $(CPPFLAGS_ALL) -Itests/unit -isystem $(DEPS)/dev/include $(CFLAGS_ALL) $(dev_CFLAGS) -c $< -o $@

$(BUILD)/dev/libthimble.a: $(dev_INNER) $(BUILD)/dev/objects
	@rm -f $@
	@ar rcs $@ $(dev_INNER)

UNIT_HELPER_OBJECTS := $(UNIT_HELPERS:tests/unit/%.c=$(BUILD)/dev/unit/%.o)
$(UNITS): $(BUILD)/dev/unit/%: $(BUILD)/dev/unit/%.o $(UNIT_HELPER_OBJECTS) $(BUILD)/dev/libthimble.a
	@echo "  LD    $@"
	@$(dev_CC) $(dev_LDFLAGS) $(LDFLAGS) -o $@ $^ $(dev_LIBS) -lcmocka -lm -lpthread
.SECONDARY: $(UNITS:%=%.o) $(UNIT_HELPER_OBJECTS)
-include $(UNITS:%=%.d) $(UNIT_HELPER_OBJECTS:.o=.d)

unit: $(UNITS) ## the unit tests
	@scripts/run-unit $(BUILD)/results/unit $(UNITS)

http: $(BUILD)/dev/thimble ## the HTTP tests against the dev build
	@PYTHON=$(PYTHON) scripts/run-http $(BUILD)/results/http $<

# The dev build with the one change that its statements name tables in the place of a role's views.
.PHONY: fence
fence: $(BUILD)/fence/thimble ## the second fence alone: policies taken out of every statement, and all is refused
	@THIMBLE_BIN=$(abspath $<) PYTHONPATH=tests/http PYTHONDONTWRITEBYTECODE=1 \
	    $(PYTHON) -m pytest tests/fence -q -p no:cacheprovider

$(BUILD)/fence/role_tables.o: src/store/access/role_tables.c $(BUILD)/dev/obj/store/access/role_tables.o
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(dev_CC) $(CPPFLAGS_ALL) -DTHIMBLE_PLAIN_MENTIONS -isystem $(dev_DEPS)/include $(CFLAGS_ALL) \
	    $(dev_CFLAGS) -c $< -o $@

$(BUILD)/fence/thimble: $(BUILD)/fence/role_tables.o $(BUILD)/dev/thimble
	@echo "  LD    $@"
	@$(dev_CC) $(dev_LDFLAGS) $(LDFLAGS) -o $@ $< $(filter-out %/store/access/role_tables.o,$(dev_OBJECTS)) \
	    $(dev_LIBS) $(dev_OWN) -lm -lpthread

# Faults that somebody could make, each in a dev build of its own: is every one found?
.PHONY: holes
holes: export HOLE_CC = $(dev_CC) $(CPPFLAGS_ALL) -isystem $(dev_DEPS)/include $(CFLAGS_ALL) $(dev_CFLAGS)
holes: export HOLE_LINK = $(dev_CC) $(dev_LDFLAGS) $(LDFLAGS)
holes: export HOLE_OBJECTS = $(dev_OBJECTS)
holes: export HOLE_LIBS = $(dev_LIBS) $(dev_OWN) -lm -lpthread
holes: export HOLE_PLAIN = $(BUILD)/dev/thimble
holes: $(BUILD)/dev/thimble ## 15 holes planted in access control, one after another, and found (some minutes); HOLE=name
	@PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/access/holes --folder $(BUILD)/holes $(HOLE)

http-static: $(BUILD)/thimble ## the HTTP tests against the static binary
	@PYTHON=$(PYTHON) scripts/run-http $(BUILD)/results/http-static $<

tsan: $(BUILD)/tsan/thimble ## the HTTP tests of threads under ThreadSanitizer
	@PYTHON=$(PYTHON) scripts/run-http $(BUILD)/results/tsan $< -m threads

# The arm64 binary, emulated where the machine is another. HTTP_FLAGS goes to pytest.
.PHONY: http-arm64
http-arm64: arm64 ## the HTTP tests against build/arm64/thimble, under qemu-user
	@scripts/emulated aarch64 $(BUILD)/arm64/thimble $(BUILD)/arm64/emulated/thimble
	@PYTHON=$(PYTHON) scripts/run-http $(BUILD)/results/http-arm64 $(BUILD)/arm64/emulated/thimble $(HTTP_FLAGS)

# What bench/upload measures an upload against: SQLite and nothing else.
$(BUILD)/bench/insert_loop: bench/insert_loop.c $(musl_DEPS)/.built Makefile
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(musl_CC) $(CPPFLAGS_ALL) -isystem $(musl_DEPS)/include -std=c11 $(WARNINGS) $(musl_CFLAGS) \
	    $(musl_LDFLAGS:%/thimble.map=%/insert_loop.map) -o $@ $< $(musl_DEPS)/lib/libsqlite3.a $(musl_OWN) -lm -lpthread

# Each tests/fuzz/fuzz_NAME.c is a fuzzer, built with libFuzzer, which comes with clang. Its kept
# inputs are tests/fuzz/corpus for fuzz_query, tests/fuzz/NAME for the others; its words, if it has
# any, tests/fuzz/NAME.dict.
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60
FUZZ_RUNS    ?= 400000
FUZZ ?=

$(BUILD)/fuzz/libthimble.a: $(fuzz_INNER) $(BUILD)/fuzz/objects
	@rm -f $@
	@ar rcs $@ $(fuzz_INNER)

# The clock is the fuzzer's own (tests/fuzz/fuzz.h): a run does not depend on the machine's speed.
$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.h $(BUILD)/fuzz/libthimble.a Makefile
	@echo "  CC    $@"
	@$(fuzz_CC) $(CPPFLAGS_ALL) -Itests/fuzz -isystem $(DEPS)/dev/include -std=c11 $(fuzz_CFLAGS) \
	    -fsanitize=fuzzer -Wl,--wrap=clock_us -o $@ $< $(BUILD)/fuzz/libthimble.a $(fuzz_LIBS) -lm -lpthread

.PHONY: fuzz fuzz-kept
fuzz: $(if $(FUZZ),$(BUILD)/fuzz/fuzz_$(FUZZ),$(FUZZERS)) ## fuzz each of tests/fuzz for FUZZ_SECONDS (60); FUZZ=query: one of them
	@scripts/run-fuzz $(BUILD)/results/fuzz -max_total_time=$(FUZZ_SECONDS) $^

fuzz-kept: $(FUZZERS) ## the inputs that are kept, and FUZZ_RUNS more of each fuzzer, the same ones every time
	@scripts/run-fuzz $(BUILD)/results/fuzz-kept -runs=$(FUZZ_RUNS) $^

# ---- the rest

tools-build:
	@scripts/install-tools build

tools-test:
	@scripts/install-tools build test

.PHONY: bench tools-bench
tools-bench:
	@scripts/install-tools build bench

bench: tools-bench ## thimble beside its peers: docs/benchmark.md; QUICK=1 for a look of some minutes
	+@$(MAKE) --no-print-directory all bench-limit
	@bench/run $(if $(QUICK),--quick)

# libmicrohttpd as the product has it, with nothing behind it.
.PHONY: bench-limit
bench-limit: $(BUILD)/bench/microhttpd
$(BUILD)/bench/microhttpd: bench/peers/limit/microhttpd.c $(musl_DEPS)/.built
	@mkdir -p $(@D)
	@$(MUSL_CC) -D_GNU_SOURCE -O2 -fPIE -isystem $(musl_DEPS)/include $< -o $@ \
	    $(musl_DEPS)/lib/libmicrohttpd.a $(musl_OWN) -lpthread

run: tools-build ## install what is missing, build, and serve the default schema on port 8080
	+@$(MAKE) --no-print-directory all
	@exec $(BUILD)/thimble serve

.PHONY: image
image: ## the container image: IMAGE=name:tag, PLATFORM=linux/amd64,linux/arm64, ENGINE=podman
	@BUILD=$(BUILD) PYTHON=$(PYTHON) IMAGE='$(IMAGE)' PLATFORM='$(PLATFORM)' ENGINE='$(ENGINE)' \
	    DEBIAN_IMAGE='$(DEBIAN_IMAGE)' ENGINE_FLAGS='$(ENGINE_FLAGS)' scripts/build-image
include deploy/install.mk

.PHONY: docs size clean distclean
docs: $(BUILD)/dev/thimble ## docs/configuration.md, from the table of settings
	@$(BUILD)/dev/thimble config --markdown > docs/configuration.md

size: $(BUILD)/thimble ## the binary's bytes, by library
	@scripts/size $< $(musl_DIR)/thimble.map

.PHONY: sbom
sbom: ## build/thimble.cdx.json: what the binary is made of, from deps.lock
	@mkdir -p $(BUILD)
	@scripts/sbom $(BUILD)/thimble.cdx.json

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

clean: ## remove what was built, but not the libraries
	@rm -rf $(filter-out $(DEPS),$(wildcard $(BUILD)/*))

distclean: ## remove the build folder
	@rm -rf $(BUILD)
