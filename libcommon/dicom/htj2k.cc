/* htj2k: frames coded by High-Throughput JPEG 2000; see htj2k.h. */
#include "dicom/htj2k.h"

#include <mutex>
#include <stdexcept>

#include <openjph/ojph_arch.h>
#include <openjph/ojph_base.h>
#include <openjph/ojph_codestream.h>
#include <openjph/ojph_file.h>
#include <openjph/ojph_mem.h>
#include <openjph/ojph_message.h>
#include <openjph/ojph_params.h>

#include "dicom/j2k_header.h"

namespace {

/* OpenJPH prints by default; its errors are to throw, as its own do. */
class no_info : public ojph::message_info {
public:
	void operator()(int, const char *, int, const char *, ...) override {}
};

class no_warning : public ojph::message_warning {
public:
	void operator()(int, const char *, int, const char *, ...) override {}
};

class throwing_error : public ojph::message_error {
public:
	void operator()(int, const char *, int, const char *, ...) override
	{
		throw std::runtime_error("OpenJPH");
	}
};

class sink : public ojph::outfile_base {
public:
	struct buf bytes = {};

	~sink() override { buf_free(&bytes); }
	size_t write(const void *p, size_t n) override
	{
		if (buf_add(&bytes, p, n, NULL) < 0)
			throw std::bad_alloc();
		return n;
	}
	ojph::si64 tell() override { return static_cast<ojph::si64>(bytes.len); }
};

void
library_start()
{
	static no_info info;
	static no_warning warning;
	static throwing_error error;
	static std::once_flag once;

	std::call_once(once, [] {
		ojph::configure_info(&info);
		ojph::configure_warning(&warning);
		ojph::configure_error(&error);
		/* Its tables of functions are filled by the first to come. */
		ojph::codestream first;
	});
}

void
set_up(ojph::codestream &to, const struct j2k_header &h)
{
	static const char *const orders[] = { "LRCP", "RLCP", "RPCL", "PCRL", "CPRL" };
	const struct j2k_coding &c = h.coding;
	const unsigned levels = j2k_header_levels(&h), above = c.levels - levels;
	ojph::size sizes[J2K_MAX_LEVELS + 1];
	ojph::param_siz siz = to.access_siz();
	ojph::param_cod cod = to.access_cod();

	siz.set_image_extent(ojph::point(h.x1, h.y1));
	siz.set_image_offset(ojph::point(h.x0, h.y0));
	siz.set_tile_size(ojph::size(h.tile_w, h.tile_h));
	siz.set_tile_offset(ojph::point(h.tile_x0, h.tile_y0));
	siz.set_num_components(h.components);
	for (uint32_t i = 0; i < h.components; i++)
		siz.set_component(i, ojph::point(1, 1), h.precision, h.is_signed);
	cod.set_num_decomposition(levels);
	cod.set_block_dims(1u << c.block_w, 1u << c.block_h);
	cod.set_progression_order(orders[h.progression]);
	cod.set_color_transform(h.transformed);
	cod.set_reversible(true);
	if (c.precincts) {
		for (unsigned r = 0; r <= levels; r++)
			sizes[r] = ojph::size(1u << c.precinct_w[above + r],
			    1u << c.precinct_h[above + r]);
		cod.set_precinct_size(static_cast<int>(levels) + 1, sizes);
	}
	to.set_planar(false);
}

/* Gives all rows of FRAME to the encoder, in the order that it asks for. */
void
push_rows(ojph::codestream &to, const struct codestream *c,
    const uint8_t *frame, size_t word)
{
	size_t row = static_cast<size_t>(c->width) * c->components * word;
	uint32_t y[J2K_MAX_COMPONENTS] = {}, component = 0;
	uint64_t n = static_cast<uint64_t>(c->height) * c->components;

	ojph::line_buf *line = to.exchange(NULL, component);
	for (; n > 0; n--) {
		if (line == NULL || component >= c->components ||
		    y[component] >= c->height || line->size < c->width)
			throw std::runtime_error("OpenJPH");
		const uint8_t *p = frame + y[component]++ * row + component * word;
		for (uint32_t x = 0; x < c->width; x++, p += c->components * word)
			line->i32[x] = j2k_sample(p, word, c);
		line = to.exchange(line, component);
	}
}

}

int
htj2k_encode(const uint8_t *like, size_t like_len, const struct codestream *c,
    const uint8_t *frame, size_t word, struct buf *code, struct err *e)
{
	struct j2k_header h;

	if (j2k_header_read(like, like_len, &h, e) < 0)
		return -1;
	h.x1 = h.x0 + c->width;	/* which may be a part of LIKE's */
	h.y1 = h.y0 + c->height;
	if (!j2k_header_is_of(&h, c) || c->precision > 8 * word)
		return err_set(e, "the codestream differs from that of the first frame");
	if (c->precision > HTJ2K_ENCODE_MAX_BITS)
		return err_set(e, "%u bits cannot be coded in HTJ2K",
		    static_cast<unsigned>(c->precision));
	try {
		library_start();
		sink out;
		ojph::codestream to;
		set_up(to, h);
		to.write_headers(&out);
		push_rows(to, c, frame, word);
		to.flush();
		to.close();
		return j2k_header_finish(reinterpret_cast<uint8_t *>(out.bytes.data),
		    out.bytes.len, h.tlm || h.progression == J2K_RPCL, code, e);
	} catch (...) {
		return err_set(e, "the frame cannot be coded in HTJ2K");
	}
}
