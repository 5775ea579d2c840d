# Every target is a command of the Python package dev/; `make help` tells them.
PYTHON ?= python3
DEV = $(PYTHON) -m dev

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format bench fuzz test-odoo shell screenshots i18n \
	readme lock clean

help:
	@$(DEV) --help

setup run lint format screenshots i18n readme lock clean:
	@$(DEV) $@

test bench fuzz:
	@$(DEV) $@ $(ARGS)

test-odoo:
	@$(DEV) $@ $(if $(STOCK),--stock) $(if $(TESTS),--tests '$(TESTS)')

shell:
	@$(DEV) $@ --db '$(DB)'
