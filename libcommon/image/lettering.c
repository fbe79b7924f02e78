/* lettering: lines of filler text, by cairo; see lettering.h. */
#include "image/lettering.h"

#include <cairo.h>
#include <string.h>

#include "base/random.h"

#define LINE 28u	/* rows of a line, about */

static const char *const words[] = {
	"covered", "dummy", "erased", "filler", "hidden", "nonsense", "nothing",
	"placeholder", "redacted", "removed"
};

static cairo_t *
begin(cairo_surface_t *s, bool bold, double rows)
{
	cairo_font_options_t *o = cairo_font_options_create();
	cairo_t *c = cairo_create(s);

	/* Whatever the user's screen is set to, the same pixels. */
	cairo_font_options_set_antialias(o, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
	cairo_set_font_options(c, o);
	cairo_font_options_destroy(o);
	cairo_select_font_face(c, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
	    bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(c, rows * 0.75);
	return c;
}

/* As many words as fit, but at least one. */
static void
draw_line(cairo_t *c, uint32_t width, double base, double space,
    uint64_t *state)
{
	cairo_text_extents_t size;
	double x = space / 2;
	const char *word;

	do {
		word = words[random_below(state, sizeof words / sizeof words[0])];
		cairo_text_extents(c, word, &size);
		if (x > space && x + size.x_advance > width)
			break;
		cairo_move_to(c, x, base);
		cairo_show_text(c, word);
		x += size.x_advance + space;
	} while (x < width && cairo_status(c) == CAIRO_STATUS_SUCCESS);
}

int
lettering_draw(uint32_t width, uint32_t height, bool bold, uint64_t seed,
    uint8_t *cover, struct err *e)
{
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_A8,
	    (int)width, (int)height);
	uint32_t lines = (height + LINE / 2) / LINE, i;
	double rows = (double)height / (lines > 0 ? lines : 1);
	cairo_t *c = begin(s, bold, rows);
	const uint8_t *from;
	int stride, got = -1;

	for (i = 0; i == 0 || i < lines; i++)
		draw_line(c, width, rows * (i + 0.75), rows * 0.25, &seed);
	cairo_surface_flush(s);
	from = cairo_image_surface_get_data(s);
	stride = cairo_image_surface_get_stride(s);
	if (cairo_status(c) != CAIRO_STATUS_SUCCESS || from == NULL)
		err_set(e, "no text can be drawn: %s",
		    cairo_status_to_string(cairo_status(c)));
	else {
		for (i = 0; i < height; i++, from += stride)
			memcpy(cover + (size_t)i * width, from, width);
		got = 0;
	}
	cairo_destroy(c);
	cairo_surface_destroy(s);
	return got;
}
