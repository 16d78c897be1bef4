# thimble: `make help` lists the targets.
#
# BUILD=dir builds elsewhere, DEPS=dir takes the libraries from elsewhere, DEPS_CACHE=dir is where
# their sources are kept (~/.cache/thimble), -jN as usual
# (all processors by default).

BUILD ?= build
DEPS  ?= $(BUILD)/deps
CC    := $(if $(filter default,$(origin CC)),gcc,$(CC))
# Debian's own Python: that is the one python3-pytest belongs to.
PYTHON ?= /usr/bin/python3
CLANG_FORMAT ?= clang-format
CLANG_TIDY   ?= clang-tidy
SIZE_LIMIT   := 1800000

MAKEFLAGS += --no-builtin-rules
ifeq ($(filter -j%,$(MAKEFLAGS))$(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

VERSION := $(shell cat VERSION)
HEADERS := $(wildcard src/*.h src/*/*.h)
SOURCES := $(wildcard src/*.c src/*/*.c)
UNIT    := $(wildcard tests/unit/test_*.c)
UNIT_HELPERS := $(filter-out $(UNIT),$(wildcard tests/unit/*.c))
STYLED  = $(sort $(HEADERS) $(SOURCES) $(wildcard tests/*/*.[ch] third_party/*.h third_party/*/*.h) \
          $(wildcard $(filter %.c %.h,$(shell git ls-files 2>/dev/null))))

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wformat=2 -Wvla -Wundef
CPPFLAGS_ALL = -D_GNU_SOURCE -DTHIMBLE_VERSION='"$(VERSION)"' -Isrc
CFLAGS_ALL   = -std=c11 $(WARNINGS) -MMD -MP -ffile-prefix-map=$(CURDIR)=.
LIBRARIES    = libmicrohttpd.a libjansson.a libsqlite3.a libmbedcrypto.a

# ---- the three flavours: FLAVOUR, the name of its libraries, where its objects go, its flags

# The product: musl, static PIE, small and hardened.
MUSL_CC = $(CC) -specs $(DEPS)/libc/static-pie.specs -idirafter $(DEPS)/libc/kernel
musl_DIR    = $(BUILD)/musl
musl_CC     = $(MUSL_CC)
musl_CFLAGS = -O2 -flto -fPIE -fstack-protector-strong -ffunction-sections -fdata-sections \
              -fno-asynchronous-unwind-tables -fno-unwind-tables \
              -DTHIMBLE_LIBC='"musl $(shell cat $(DEPS)/libc/version 2>/dev/null)"' $(CFLAGS)
musl_LDFLAGS = -O2 -flto=auto -fPIE -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,pack-relative-relocs \
              -Wl,--build-id=none -Wl,-Map,$(musl_DIR)/thimble.map

# For the tests: glibc and sanitizers that end the program.
SANITIZE = -fno-omit-frame-pointer -fno-sanitize-recover=all
dev_DIR     = $(BUILD)/dev
dev_CC      = $(CC)
dev_CFLAGS  = -O1 -g -Werror -fsanitize=address,undefined $(SANITIZE) \
              -DTHIMBLE_LIBC='"glibc"' $(CFLAGS)
dev_LDFLAGS = -fsanitize=address,undefined

tsan_DIR     = $(BUILD)/tsan
tsan_CC      = $(CC)
tsan_CFLAGS  = -O1 -g -Werror -fsanitize=thread $(SANITIZE) -DTHIMBLE_LIBC='"glibc"' $(CFLAGS)
tsan_LDFLAGS = -fsanitize=thread

.PHONY: all dev help
all: $(BUILD)/thimble ## build/thimble: static, musl, stripped (the default)

dev: $(BUILD)/dev/thimble ## build/dev/thimble: glibc, with ASan and UBSan

# flavour NAME, PROGRAM
define flavour
$(1)_OBJECTS := $$(SOURCES:src/%.c=$$($(1)_DIR)/obj/%.o) $$($(1)_DIR)/obj/migrations_builtin.o \
                $$($(1)_DIR)/obj/queries_builtin.o
$(1)_INNER    = $$(filter-out %/obj/main.o,$$($(1)_OBJECTS))
$(1)_LIBS     = $$(LIBRARIES:%=$$(DEPS)/$(1)/lib/%)

$$($(1)_DIR)/obj/%.o: src/%.c $$(DEPS)/$(1)/.built Makefile VERSION
	@mkdir -p $$(@D)
	@echo "  CC    $$@"
	@$$($(1)_CC) $$(CPPFLAGS_ALL) -isystem $$(DEPS)/$(1)/include $$(CFLAGS_ALL) $$($(1)_CFLAGS) -c $$< -o $$@

$$($(1)_DIR)/obj/%_builtin.o: $$(BUILD)/gen/%_builtin.c $$(DEPS)/$(1)/.built Makefile
	@mkdir -p $$(@D)
	@$$($(1)_CC) $$(CPPFLAGS_ALL) $$(CFLAGS_ALL) $$($(1)_CFLAGS) -c $$< -o $$@

# The list of objects: a source that goes away must change the program too.
$$($(1)_DIR)/objects: FORCE
	@mkdir -p $$(@D)
	@echo '$$($(1)_OBJECTS)' | cmp -s - $$@ || echo '$$($(1)_OBJECTS)' > $$@

$(2): $$($(1)_OBJECTS) $$($(1)_DIR)/objects
	@echo "  LD    $$@"
	@$$($(1)_CC) $$($(1)_LDFLAGS) $$(LDFLAGS) -o $$@ $$($(1)_OBJECTS) $$($(1)_LIBS) -lm -lpthread

-include $$($(1)_OBJECTS:.o=.d)
endef
$(eval $(call flavour,musl,$(BUILD)/musl/thimble))
$(eval $(call flavour,dev,$(BUILD)/dev/thimble))
$(eval $(call flavour,tsan,$(BUILD)/tsan/thimble))

# Static in truth: no program interpreter, nothing needed; and small.
$(BUILD)/thimble: $(BUILD)/musl/thimble
	@if readelf -lW $< | grep INTERP || readelf -dW $< | grep NEEDED; then \
	    echo "$<: not static" >&2; exit 1; fi
	@strip -o $@.tmp $<
	@size=$$(stat -c %s $@.tmp); if [ $$size -gt $(SIZE_LIMIT) ]; then \
	    echo "$@: $$size bytes, the limit is $(SIZE_LIMIT)" >&2; exit 1; fi; \
	    mv $@.tmp $@; echo "  OK    $@ ($$size bytes)"

# Two lists of .sql files are compiled in. A file that comes or goes changes the list.
$(BUILD)/gen/%.list: FORCE
	@mkdir -p $(@D)
	@echo $(wildcard $*/*.sql) | cmp -s - $@ || echo $(wildcard $*/*.sql) > $@

.PRECIOUS: $(BUILD)/gen/%.list $(BUILD)/gen/%_builtin.c
$(BUILD)/gen/%_builtin.c: $(BUILD)/gen/%.list scripts/embed $(wildcard migrations/*.sql queries/*.sql)
	@scripts/embed $* > $@

# ---- libraries

.PHONY: FORCE deps fetch
FORCE:

fetch: $(DEPS)/archives/.fetched ## fetch the libraries' sources, checked against deps.lock
deps: $(DEPS)/musl/.built $(DEPS)/dev/.built ## compile the libraries

$(DEPS)/archives/.fetched: deps.lock scripts/fetch-deps
	@scripts/fetch-deps $(@D)
	@touch $@

THIRD_PARTY := scripts/build-deps $(wildcard third_party/* third_party/jansson/*)

$(DEPS)/src/.built: $(DEPS)/archives/.fetched scripts/build-deps
	+@scripts/build-deps src $(DEPS)

$(DEPS)/libc/.built: $(DEPS)/src/.built scripts/build-deps
	+@scripts/build-deps libc $(DEPS)

$(DEPS)/musl/.built: $(DEPS)/libc/.built $(DEPS)/src/.built $(THIRD_PARTY)
	+@scripts/build-deps musl $(DEPS)

$(DEPS)/dev/.built $(DEPS)/tsan/.built: $(DEPS)/%/.built: $(DEPS)/src/.built $(THIRD_PARTY)
	+@scripts/build-deps $* $(DEPS)

# ---- checks

.PHONY: format fmt floors lint units unit http http-static tsan check test run tools-build tools-test

check: ## formatting, floors, lint, unit tests, a minute of fuzzing, HTTP tests of both builds
	+@MAKE='$(MAKE)' scripts/run-checks $(BUILD) build-all format floors lint unit fuzz http http-static

test: tools-test ## install what is missing, build, and pass all of check
	+@$(MAKE) --no-print-directory check

.PHONY: build-all
build-all: all dev units

format: ## is every C file formatted?
	@$(CLANG_FORMAT) --dry-run -Werror $(STYLED)

fmt: ## format every C file
	@$(CLANG_FORMAT) -i $(STYLED)

floors: ## does every file keep to its floor?
	@scripts/check-floors

lint: $(DEPS)/dev/.built ## clang-tidy and cppcheck
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
	@$(dev_CC) $(dev_LDFLAGS) -o $@ $^ $(dev_LIBS) -lcmocka -lm -lpthread
.SECONDARY: $(UNITS:%=%.o) $(UNIT_HELPER_OBJECTS)
-include $(UNITS:%=%.d) $(UNIT_HELPER_OBJECTS:.o=.d)

unit: $(UNITS) ## the unit tests
	@scripts/run-unit $(BUILD)/results/unit $(UNITS)

http: $(BUILD)/dev/thimble ## the HTTP tests against the dev build
	@PYTHON=$(PYTHON) scripts/run-http $(BUILD)/results/http $<

http-static: $(BUILD)/thimble ## the HTTP tests against the static binary
	@PYTHON=$(PYTHON) scripts/run-http $(BUILD)/results/http-static $<

tsan: $(BUILD)/tsan/thimble ## the HTTP tests of threads under ThreadSanitizer
	@PYTHON=$(PYTHON) scripts/run-http $(BUILD)/results/tsan $< -m threads

# The fuzzer is built with libFuzzer, which comes with clang.
CLANG ?= clang
FUZZ_SECONDS ?= 60
FUZZED := $(wildcard src/base/*.c src/store/*.c src/query/*.c)
$(BUILD)/fuzz/fuzz_query: tests/fuzz/fuzz_query.c $(FUZZED) $(HEADERS) $(DEPS)/dev/.built
	@mkdir -p $(@D)
	@command -v $(CLANG) > /dev/null || { echo "the fuzzer takes clang and libclang-rt-dev" >&2; exit 1; }
	@echo "  CC    $@"
	@$(CLANG) -std=c11 -g -O1 $(CPPFLAGS_ALL) -isystem $(DEPS)/dev/include \
	    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ \
	    tests/fuzz/fuzz_query.c $(FUZZED) $(DEPS)/dev/lib/libsqlite3.a -lm -lpthread

.PHONY: fuzz
fuzz: $(BUILD)/fuzz/fuzz_query ## fuzz URL, tree and SQL for FUZZ_SECONDS (60)
	@scripts/run-fuzz $(BUILD)/results/fuzz $< $(FUZZ_SECONDS)

# ---- the rest

tools-build:
	@scripts/install-tools build

tools-test:
	@scripts/install-tools build test

.PHONY: bench tools-bench
tools-bench:
	@scripts/install-tools build bench

bench: tools-bench ## thimble beside its peers: docs/benchmark.md; QUICK=1 for a minute's look
	+@$(MAKE) --no-print-directory all
	@bench/run $(if $(QUICK),--quick)

run: tools-build ## install what is missing, build, and serve the default schema on port 8080
	+@$(MAKE) --no-print-directory all
	@exec $(BUILD)/thimble serve

include deploy/install.mk

.PHONY: docs size clean distclean
docs: $(BUILD)/dev/thimble ## docs/configuration.md, from the table of settings
	@$(BUILD)/dev/thimble config --markdown > docs/configuration.md

size: $(BUILD)/thimble ## the binary's bytes, by library
	@scripts/size $< $(musl_DIR)/thimble.map

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

clean: ## remove what was built, but not the libraries
	@rm -rf $(filter-out $(DEPS),$(wildcard $(BUILD)/*))

distclean: ## remove the build folder
	@rm -rf $(BUILD)
