# Every target is a command of the Python package dev/.
PYTHON ?= python3
DEV = $(PYTHON) -m dev

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format bench test-odoo shell lock clean

help:        ## Say what each target does
	@$(DEV) help
setup:       ## Make everything the others need, in .dev/
	@$(DEV) setup
run:         ## Odoo with both addons, demo data and sample mails
	@$(DEV) run
test:        ## All tests; ARGS goes to pytest
	@$(DEV) test $(ARGS)
lint:        ## Check style and code
	@$(DEV) lint
format:      ## Mend what can be mended by itself
	@$(DEV) format
bench:       ## Measure against stock Odoo; ARGS goes to the benchmarks
	@$(DEV) bench $(ARGS)
test-odoo:   ## Odoo's own suites with our addons; STOCK=1 without, TESTS=tags
	@$(DEV) test-odoo $(if $(STOCK),--stock) $(if $(TESTS),--tests '$(TESTS)')
shell:       ## Odoo shell on the database DB; reads a script from standard input
	@$(DEV) shell --db '$(DB)'
lock:        ## Look for newer Python packages and write the lock files
	@$(DEV) lock
clean:       ## Delete .dev/
	@$(DEV) clean
