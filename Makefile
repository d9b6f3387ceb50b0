# GRL Workbench. `make demo` and `make test` are all a new user needs; each installs missing Debian packages itself.

PREFIX ?= /usr/local
SWIFT_BUILD_FLAGS ?=
GRL = .build/release/grl
SAMPLE = Samples/torii_gates.png

TESTSETS ?= ../shared/data/testsets

.PHONY: demo test test-threads test-kernels check-slow check-kernels check-address check-thread fuzz screens quality build install install-shell uninstall format lint packages clean

demo: build
	@mkdir -p demo
	@echo "== A photograph with noise of sigma 25 (seed 1)"
	$(GRL) degrade --task denoise --sigma 25 --seed 1 $(SAMPLE) -o demo/noisy.png --overwrite
	@echo "== Restored by the bundled model"
	$(GRL) restore --task denoise demo/noisy.png -o demo/restored.png --overwrite
	@echo "== Distance from the clean photograph, before and after"
	$(GRL) compare demo/noisy.png demo/restored.png --reference $(SAMPLE)
	@echo "== The pictures: $(SAMPLE) (clean), demo/noisy.png, demo/restored.png"

test: packages
	@.ci/packages tests
	swift build -c release --build-tests $(SWIFT_BUILD_FLAGS)
	@.ci/tests $(SWIFT_BUILD_FLAGS)

# All suites but the golden ones, which name their threads, and those of terminals, screens and a Slurm, once more with 16 threads wherever no number is
# given, as on a machine with many processors. Builds nothing: `make test` comes first.
test-threads: export GRL_THREADS = 16
test-threads:
	@.ci/tests $(SWIFT_BUILD_FLAGS) --skip 'GoldenTests|ScreenTests|TerminalDriverTests|SlurmTests'

# Every vector kernel against the scalar one, and the scalar backward ones against finite differences, each call held against its contract
# (GRL_CHECK): those of this machine, tiles of AMX emulated where AVX-512 BF16 is, and NEON in an emulator. About a minute of processor
# time, most of it NEON's.
KERNEL_TEST = clang -O2 -Wall -Wextra -DGRL_CHECK -ISources/CKernels/include
KERNEL_SOURCES = Sources/CKernels/*.c -lm

test-kernels: packages
	@.ci/packages kernels
	@mkdir -p .build/kernels
	$(KERNEL_TEST) -DGRL_EMULATED_TILES Tests/Kernels/*.c $(KERNEL_SOURCES) -o .build/kernels/native
	.build/kernels/native
ifeq ($(shell uname -m),x86_64)
	$(KERNEL_TEST) --target=aarch64-linux-gnu -fuse-ld=lld -static Tests/Kernels/kernels.c Tests/Kernels/training.c Tests/Kernels/inspection.c $(KERNEL_SOURCES) -o .build/kernels/neon
	qemu-aarch64-static .build/kernels/neon
endif

# The kernels with the address and undefined-behaviour sanitizers: 75 seconds of processor time, most of it the compiler's. File by file, so
# that `make -j2 check-slow` uses two cores.
SANITIZED = $(patsubst %.c,.build/kernels/sanitized/%.o,$(wildcard Sources/CKernels/*.c Tests/Kernels/*.c))
SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=all

check-slow: check-kernels check-address check-thread

check-kernels: $(SANITIZED)
	clang $(SANITIZERS) -fuse-ld=lld $(SANITIZED) -lm -o .build/kernels/sanitized/kernels
	.build/kernels/sanitized/kernels

.build/kernels/sanitized/%.o: %.c $(wildcard Sources/CKernels/*.h Sources/CKernels/*.inc Sources/CKernels/include/*.h)
	@mkdir -p $(dir $@)
	$(KERNEL_TEST) -O1 -g -DGRL_EMULATED_TILES $(SANITIZERS) -c $< -o $@

# Tensors, network and engine under the address, then the thread sanitizer, with every call of a kernel held against its contract.
# The Swift runtime's report of a trap waits for ever inside them, and what it keeps for good looks like leaks.
SANITIZED_BUILD = --scratch-path .build-$* -Xcc -O1 -Xcc -DGRL_CHECK

check-address check-thread: check-%: packages
	@.ci/packages tests
	swift build --build-tests --sanitize=$* $(SANITIZED_BUILD)
	SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 swift test --skip-build --sanitize=$* $(SANITIZED_BUILD) \
		--no-parallel --filter 'TensorsTests|GRLModelTests|EngineCoreTests'

# One reader of bytes from outside under libFuzzer and the address sanitizer, for so many seconds or until it finds something: the
# input is then in .build-fuzz/findings. `make fuzz TARGET=png INPUT=FILE` reads that file only. Docs/Reliability.md says what came of it.
TARGET ?= png
SECONDS ?= 300
INPUT ?=
# The runtime's own report of a trap waits for ever inside the sanitizer.
FUZZ = SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=quarantine_size_mb=16 .build-fuzz/release/fuzz

fuzz: packages
	GRL_FUZZ=1 swift build -c release --product fuzz --scratch-path .build-fuzz
	@mkdir -p .build-fuzz/findings
	$(FUZZ) $(TARGET) -artifact_prefix=.build-fuzz/findings/$(TARGET)- $(if $(INPUT),$(INPUT),-max_total_time=$(SECONDS))

# The screens of the workbench in tmux, at four sizes and in five kinds of terminal, against the expected text files.
# GRL_RECORD=1 writes the files anew: look at what `git diff` says then.
screens: packages
	@.ci/packages tests
	GRL_SCREENS=1 swift test -c release $(SWIFT_BUILD_FLAGS) --no-parallel --filter ScreenMatrixTests

# Docs/Quality.md, from test sets that are not part of the project; Docs/quality.sh says more.
quality: build
	Docs/quality.sh $(GRL) $(TESTSETS) Docs/Quality.md

build: packages
	swift build -c release --product grl $(SWIFT_BUILD_FLAGS)

# One file without the Swift runtime beside it, so that it runs where no toolchain is. Built apart from the tests' build.
install: packages
	swift build -c release --product grl --scratch-path .build-install --static-swift-stdlib -Xlinker -s $(SWIFT_BUILD_FLAGS)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/grl/models
	install -m 755 .build-install/release/grl $(DESTDIR)$(PREFIX)/bin/grl
	install -m 644 Sources/Restoration/Models/*.safetensors $(DESTDIR)$(PREFIX)/share/grl/models
	install -d $(DESTDIR)$(PREFIX)/share/grl/training
	install -m 644 Sources/Training/peer.py Sources/Training/grl_torch.py $(DESTDIR)$(PREFIX)/share/grl/training
	install -d $(DESTDIR)$(PREFIX)/share/grl/themes
	install -m 644 Themes/*.theme $(DESTDIR)$(PREFIX)/share/grl/themes
	install -d $(DESTDIR)$(PREFIX)/share/grl/presets
	install -m 644 Presets/*.preset $(DESTDIR)$(PREFIX)/share/grl/presets
	$(MAKE) install-shell BUILT=.build-install/release/grl

# Manual pages and completions, printed by a program that is built.
BUILT ?= $(GRL)
SHARE = $(DESTDIR)$(PREFIX)/share
# Debian's zsh looks in both, each for its prefix.
ZSH_FOLDER = $(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)

install-shell:
	install -d $(SHARE)/man/man1 $(SHARE)/bash-completion/completions $(SHARE)/zsh/$(ZSH_FOLDER) $(SHARE)/fish/vendor_completions.d
	$(BUILT) manual --output-dir $(SHARE)/man/man1
	$(BUILT) completions bash > $(SHARE)/bash-completion/completions/grl
	$(BUILT) completions zsh > $(SHARE)/zsh/$(ZSH_FOLDER)/_grl
	$(BUILT) completions fish > $(SHARE)/fish/vendor_completions.d/grl.fish

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/grl $(SHARE)/bash-completion/completions/grl $(SHARE)/zsh/$(ZSH_FOLDER)/_grl
	rm -f $(SHARE)/fish/vendor_completions.d/grl.fish $(SHARE)/man/man1/grl.1 $(SHARE)/man/man1/grl-*.1
	rm -rf $(SHARE)/grl

packages:
	@.ci/packages

format:
	swift format --in-place --recursive Package.swift Sources Tests

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

clean:
	rm -rf .build .build-install .build-fuzz demo
