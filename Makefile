# unphi: one file, no recursion. `make demo` and `make check` need nothing else.
PREFIX  ?= /usr/local
CFLAGS  ?= -O2 -g
CXXFLAGS ?= -O2 -g
VERSION  = $(shell sed -n 's/^.define UNPHI_VERSION "\(.*\)"/\1/p' libcommon/base/version.h)

PROGRAMS = $(patsubst cmd/%.c,%,$(wildcard cmd/*.c))
SCRIPTS  = $(patsubst cmd/%.sh,%,$(wildcard cmd/*.sh))

# Debian packages: to build, to run, to test.
BUILD_PACKAGES = gcc g++ make pkg-config libdcmtk-dev libjansson-dev libsodium-dev \
	libpng-dev libopenjp2-7-dev libtesseract-dev libleptonica-dev zlib1g-dev
RUN_PACKAGES   = dcmtk jq tesseract-ocr tesseract-ocr-eng
TEST_PACKAGES  = bats parallel dicom3tools libgdcm-tools python3-pydicom python3-numpy python3-pil \
	netpbm mandoc shellcheck cppcheck

# Everything that depends on a package is expanded late: `make check` installs first.
PKGS    = jansson libsodium libpng libopenjp2 tesseract lept zlib
OURS    = -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -Ilibcommon -Ibuild/libcommon -MMD -MP \
	-Wall -Wextra -Wshadow -Wconversion
OURS_C  = -std=c11 -Wstrict-prototypes -Wmissing-prototypes
OURS_CC = -std=c++17 -isystem /usr/include/dcmtk
SAN     = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
PKGCFLAGS = $(shell pkg-config --cflags $(PKGS))
# DCMTK's .pc file names libraries that its package does not depend on.
DCMTK_LIBS = -ldcmjpls -ldcmjpeg -ldcmimage -ldcmimgle -ldcmdata -loflog -lofstd
LDLIBS  = -Wl,--as-needed $(DCMTK_LIBS) $(shell pkg-config --libs $(PKGS)) -lm -lpthread

SRC     = $(wildcard libcommon/*/*.c libcommon/*/*.cc)
OBJ     = $(SRC:%=build/%.o)

all: $(PROGRAMS:%=build/%) $(SCRIPTS:%=build/%)

# Other settings, other objects: a change of flags rebuilds.
build/flags: FORCE
	@mkdir -p build
	@echo '$(CC) $(CXX) $(CFLAGS) $(CXXFLAGS) $(CPPFLAGS) $(LDFLAGS) $(SANITIZE)' | cmp -s - $@ || \
	 echo '$(CC) $(CXX) $(CFLAGS) $(CXXFLAGS) $(CPPFLAGS) $(LDFLAGS) $(SANITIZE)' >$@

$(PROGRAMS:%=build/%): build/%: build/cmd/%.c.o build/libcommon.a
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

clean:
	rm -rf build

FORCE:
.PHONY: all clean FORCE
