# GRL Workbench. `make demo` and `make test` are all a new user needs; each installs missing Debian packages itself.

PREFIX ?= /usr/local
SWIFT_BUILD_FLAGS ?=
GRL = .build/release/grl
SAMPLE = Samples/torii_gates.png

.PHONY: demo test build install uninstall format lint packages clean

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
	swift build -c release $(SWIFT_BUILD_FLAGS)
	swift test -c release $(SWIFT_BUILD_FLAGS)

build: packages
	swift build -c release --product grl $(SWIFT_BUILD_FLAGS)

packages:
	@.ci/packages

format:
	swift format --in-place --recursive Package.swift Sources Tests

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

clean:
	rm -rf .build demo
