# One command for each thing that is done here. `make` alone says which.

TARGET := $(or $(CARGO_TARGET_DIR),target)
YIDI   := $(TARGET)/release/yidi
# The newest PostgreSQL that the system has, if it has one: the second server that the statements are tried on.
SYSTEM_POSTGRES := $(lastword $(sort $(wildcard /usr/lib/postgresql/*/bin)))

# What the pages are built of, and what comes of it; the program has them inside that is built after them.
PAGES     := web/dist/console.html
PAGES_OF  := $(wildcard web/*.html web/*.ts web/*.json) $(shell find web/src web/generate -type f)
CHROMIUM  := $(or $(CHROMIUM),$(shell command -v chromium || command -v chromium-browser || command -v google-chrome))

# Does something, and says how long it took.
timed = { began=$$(date +%s); $(2) && echo "== $(1): $$(($$(date +%s) - began)) s"; }
part  = @$(timed)

.PHONY: help demo test lint advisories bench chaos fetch fuzz fuzz-parsers web pages e2e plays

help:
	@echo "make demo [ARGS=--exit]   build it and watch settlements cross provinces (ARGS go to 'yidi demo')"
	@echo "make test                 all tests; those of the database on every PostgreSQL there is"
	@echo "make fuzz                 requests by the interfaces' own description, against a sandbox (ARGS go to the script)"
	@echo "make fuzz-parsers [SECONDS=600]   what reads bytes from outside, guided by coverage, so many seconds each (ARGS go to the script)"
	@echo "make pages                builds the pages into web/dist, where they are newer (needs Node 20 or later; not there, it says so)"
	@echo "make e2e                  the pages played in Chromium on real nodes; part of make test"
	@echo "make web                  the pages: their types, style and unit tests, and the build (needs Node 20 or later; not there, it says so)"
	@echo "make lint                 format, clippy, and who may depend on whom"
	@echo "make advisories           known holes in what is depended on (needs cargo-deny and the network)"
	@echo "make bench [ARGS=...]     measure ('yidi bench', then benefits on one core)"
	@echo "make chaos [ARGS=...]     kill, cut off, fill up and restore three nodes under load, and compare the books ('yidi chaos')"
	@echo "make fetch                the PostgreSQL that the program brings along"

demo: fetch pages
	cargo build --release -p yidi
	$(YIDI) demo $(ARGS)

# The database's own tests run twice where the program brings a PostgreSQL along and the system has another.
test: fetch pages
	$(call part,tests built,cargo test --workspace --no-run)
	@again=$$(ls target/postgres/*.tar.gz >/dev/null 2>&1 && echo "$(addprefix --again-on ,$(SYSTEM_POSTGRES))"); \
	$(call timed,tests,python3 tools/run_tests.py $$again)
	@$(MAKE) --no-print-directory plays

# With E2E=required nothing is left out.
e2e: pages
	$(call part,program built,cargo build -p yidi)
	@$(MAKE) --no-print-directory plays

# The pages as they stand in the program that was built last, or, after the tests, in the one that they were about: played in a browser.
plays:
	@if command -v npm >/dev/null && [ -n "$(CHROMIUM)" ]; then cd web && $(call timed,pages played,YIDI=$(abspath $(TARGET))/debug/yidi CHROMIUM=$(CHROMIUM) npm run e2e); \
	else echo "npm or Chromium is not here: THE PAGES WERE NOT PLAYED in a browser (Debian: apt-get install chromium; Node 20 or later)"; [ -z "$(E2E)" ]; fi

pages:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(PAGES); \
	else echo "npm is not here (Node 20 or later): the program has no pages, and says so where they would be"; fi

$(PAGES): $(PAGES_OF)
	cd web && npm ci --no-audit --no-fund --loglevel=error && npm run build

fuzz: fetch
	cargo build --release -p yidi
	python3 tools/fuzz_api.py $(ARGS)

fuzz-parsers:
	python3 tools/fuzz_parsers.py $(if $(SECONDS),--seconds $(SECONDS)) $(ARGS)

lint: fetch
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check bans licenses sources; \
	else echo "cargo-deny is not here (cargo install cargo-deny --locked): dependencies were not checked"; fi

advisories:
	cargo deny check advisories

bench: fetch
	cargo build --release -p yidi
	$(YIDI) bench --flush-millis 1 $(ARGS)
	$(YIDI) bench growth $(filter --write,$(ARGS))
	$(YIDI) bench overload $(filter --write,$(ARGS))
	$(YIDI) bench pages $(filter --write,$(ARGS))
	$(YIDI) bench closing $(filter --write,$(ARGS))
	$(YIDI) bench reconciliation $(filter --write,$(ARGS))
	cargo bench -p benefit --bench compute -- $(filter --write,$(ARGS))

web:
	@if command -v npm >/dev/null; then cd web && npm ci --no-audit --no-fund --loglevel=error && npm run check && npm run build; \
	else echo "npm is not here (Node 20 or later): the pages were neither checked nor built"; fi

# With the program as it is developed: what must never happen is checked all the way.
chaos: fetch
	cargo build -p yidi
	$(TARGET)/debug/yidi chaos $(ARGS)

# Quick when it is there already; where it cannot be had, the system's PostgreSQL is used.
fetch:
	@python3 tools/fetch_postgres.py || true
