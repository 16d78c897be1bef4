# make install, uninstall and deb. Part of the Makefile.

PREFIX  ?= /usr/local
DESTDIR ?=
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DOCDIR  ?= $(PREFIX)/share/doc/thimble
UNITDIR ?= $(PREFIX)/lib/systemd/system
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
# What prints the manual page and the completions; for a binary of another machine: its twin here.
TWIN    ?= $(BUILD)/thimble

INSTALLED = $(BINDIR)/thimble $(MANDIR)/man1/thimble.1 $(UNITDIR)/thimble.service \
            $(UNITDIR)/thimble.socket $(BASHDIR)/thimble $(ZSHDIR)/_thimble \
            $(FISHDIR)/thimble.fish $(DOCDIR)/LICENSE $(DOCDIR)/thimble.env \
            $(DOCDIR)/api.md $(DOCDIR)/configuration.md

$(BUILD)/gen/thimble.1: $(TWIN)
	@mkdir -p $(@D)
	@$(TWIN) config --man > $@

$(BUILD)/gen/completion.%: $(TWIN)
	@mkdir -p $(@D)
	@$(TWIN) completion $* > $@

.PHONY: install uninstall deb
install: $(BUILD)/thimble $(BUILD)/gen/thimble.1 $(addprefix $(BUILD)/gen/completion.,bash zsh fish) ## install below PREFIX (/usr/local), in DESTDIR
	@install -d $(addprefix $(DESTDIR),$(sort $(dir $(INSTALLED))))
	@install -m 755 $(BUILD)/thimble $(DESTDIR)$(BINDIR)/thimble
	@install -m 644 $(BUILD)/gen/thimble.1 $(DESTDIR)$(MANDIR)/man1/thimble.1
	@install -m 644 $(BUILD)/gen/completion.bash $(DESTDIR)$(BASHDIR)/thimble
	@install -m 644 $(BUILD)/gen/completion.zsh $(DESTDIR)$(ZSHDIR)/_thimble
	@install -m 644 $(BUILD)/gen/completion.fish $(DESTDIR)$(FISHDIR)/thimble.fish
	@install -m 644 LICENSE deploy/systemd/thimble.env docs/api.md docs/configuration.md $(DESTDIR)$(DOCDIR)
	@for unit in service socket; do \
	    sed -e '/^# A path below/d' -e 's#/usr/local/bin/#$(BINDIR)/#' deploy/systemd/thimble.$$unit \
	        > $(DESTDIR)$(UNITDIR)/thimble.$$unit && \
	    chmod 644 $(DESTDIR)$(UNITDIR)/thimble.$$unit || exit 1; done
	@echo "installed $(DESTDIR)$(BINDIR)/thimble; next: systemctl daemon-reload && systemctl enable --now thimble"

uninstall: ## remove what install laid down; the data stays
	@rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	@rmdir $(DESTDIR)$(DOCDIR) 2>/dev/null || true
	@echo "removed $(DESTDIR)$(BINDIR)/thimble and what belongs to it"

deb: $(BUILD)/thimble ## a Debian package: build/thimble_VERSION_ARCHITECTURE.deb
	@rm -rf $(BUILD)/deb
	+@$(MAKE) --no-print-directory install DESTDIR=$(BUILD)/deb PREFIX=/usr \
	    UNITDIR=/lib/systemd/system ZSHDIR=/usr/share/zsh/vendor-completions > /dev/null
	@scripts/build-deb $(BUILD)/thimble $(BUILD)/deb $(BUILD)
