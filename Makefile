# The tasks of the project, by name. The build matrix stands in CMakePresets.json.
PRESET ?= dev
JOBS ?= $(shell nproc)
BUILD := build/$(PRESET)
OUT ?= out/demo
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
export CCACHE_SLOPPINESS := pch_defines,time_macros,include_file_mtime,include_file_ctime

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the tasks
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

.PHONY: setup setup-extra
setup: ## install the Debian packages that build, tests and demo need
	@tools/setup tools/packages.txt
setup-extra: setup ## and those of lint, coverage, fuzz and the parity checks
	@tools/setup tools/packages-extra.txt

.PHONY: configure build engine
configure: setup
	@test -f $(BUILD)/build.ninja || cmake --preset $(PRESET)
build: configure ## build (PRESET=dev|release|…)
	cmake --build --preset $(PRESET) -j $(JOBS)
engine: ## build and test the engine half alone, without LibTorch and ITK
	@test -f build/engine-only/build.ninja || cmake --preset engine-only
	cmake --build --preset engine-only -j $(JOBS)
	ctest --preset engine -j $(JOBS)

.PHONY: demo test
demo: build ## run the pipeline on a phantom (DATA=DIR for your own data, OUT=DIR for the result)
	$(if $(filter out/demo,$(OUT)),rm -rf out/demo)
	$(BUILD)/bin/alveus study run $(if $(DATA),--data $(DATA),--phantom) --preset quick --outdir $(OUT) --threads-per-job 1
test: build ## pass the tests that need nothing beside the project (LIB=cwl for one library)
	ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -j $(JOBS) $(if $(LIB),-R '^$(LIB)\.',-L '^(unit|integration|simulation)$$')

.PHONY: check check-format check-tidy headers closed conformance conformance-containers
check: setup check-format check-tidy build headers closed ## all that CI runs
	ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -j $(JOBS) -L '^(unit|integration|simulation|conformance)$$'
check-format:
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 --dry-run --Werror
check-tidy:
	@python3 tools/tidy.py
headers: build ## compile every header alone
	cmake --build --preset $(PRESET) --target all_verify_interface_header_sets -j $(JOBS)
closed: build ## link every library to its declared dependencies alone
	cmake --build --preset $(PRESET) --target closed -j $(JOBS)
conformance: build ## run an official CWL suite where it is (SUITE=v1.2, K=name,name for some tests)
	python3 tests/conformance/check.py --suite $(or $(SUITE),v1.2) --runner $(BUILD)/bin/cwl-runner --jobs $(JOBS) $(if $(K),--only $(K))
conformance-containers: build ## run the three suites in containers, hints too (podman, runc and debootstrap of setup-extra)
	for suite in v1.0 v1.1 v1.2; do \
	  python3 tests/conformance/check.py --containers --suite $$suite --runner $(BUILD)/bin/cwl-runner --jobs $(JOBS) || exit $$?; done

.PHONY: bless
bless: build ## write the golden files anew (docs/reference, messages of documents that must fail)
	ALVEUS_BLESS=1 ctest --test-dir $(BUILD) -R '^(cli|lab)[.]ReferenceTest'
	python3 tests/conformance/errors.py --runner $(BUILD)/bin/cwl-runner --jobs $(JOBS) --bless

.PHONY: format lint lint-changed asan asan-lab tsan coverage fuzz bench bench-training bench-compare slow simulate
format: ## clang-format every source
	git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i
lint: configure ## clang-tidy and cppcheck on everything
	tools/lint --preset $(PRESET)
lint-changed: configure ## the same on what differs from main
	tools/lint --preset $(PRESET) --changed
asan: ## tests of the engine half under the address and undefined-behaviour sanitizers
	cmake --preset asan && cmake --build --preset asan -j $(JOBS) && ctest --preset asan
asan-lab: ## the tests of the laboratory under the same
	cmake --preset asan-lab && cmake --build --preset asan-lab -j $(JOBS) && ctest --preset asan-lab
tsan: ## tests of the engine half under the thread sanitizer
	cmake --preset tsan && cmake --build --preset tsan -j $(JOBS) && ctest --preset tsan
coverage: ## line coverage by gcovr
	cmake --preset coverage && cmake --build --preset coverage -j $(JOBS)
	ctest --test-dir build/coverage -L '^(unit|integration|simulation)$$' -j $(JOBS)
	gcovr --root . --filter src/ --object-directory build/coverage --print-summary
fuzz: ## fuzz one parser (T=document S=60)
	cmake --preset fuzz && cmake --build --preset fuzz -j $(JOBS)
	build/fuzz/bin/$(T)_fuzz -max_total_time=$(or $(S),60) build/fuzz/corpus-$(T) fuzz/corpus/$(T)
simulate: build ## replay the simulated runs of one seed (SEED=42)
	ALVEUS_SIMULATION_SEED=$(SEED) ctest --test-dir $(BUILD) --output-on-failure -L '^simulation$$'
bench: ## benchmarks of the engine half, release build (B=name)
	cmake --preset engine-release && cmake --build --preset engine-release -j $(JOBS)
	for program in build/engine-release/bench/*_bench; do $$program $(if $(B),--benchmark_filter=$(B)); done
	python3 bench/scatter.py --runner build/engine-release/bin/cwl-runner
	python3 bench/scale.py --sizes 100,1000,10000 --null-sizes 100,1000,10000,100000
bench-training: ## trainings beside Python's, release build (python3-torch and -torchvision of setup-extra)
	cmake --preset release && cmake --build --preset release -j $(JOBS) --target alveus alveus-lab
	python3 bench/training.py --bin build/release/bin
	python3 bench/packing.py --bin build/release/bin
	python3 bench/data_path.py --bin build/release/bin
bench-compare: ## the same benchmarks of this tree and of another, in turn (REV=main B=name)
	cmake --preset engine-release && cmake --build --preset engine-release -j $(JOBS)
	tools/bench-compare --revision $(or $(REV),main) $(if $(B),--filter $(B))
slow: build ## training to a known accuracy
	ctest --test-dir $(BUILD) --output-on-failure -L '^slow$$'

.PHONY: install clean
install: ## install the release build (PREFIX=DIR)
	cmake --preset release && cmake --build --preset release -j $(JOBS)
	cmake --install build/release $(if $(PREFIX),--prefix $(PREFIX))
clean: ## remove what was built
	rm -rf build
