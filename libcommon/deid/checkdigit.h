/*
 * checkdigit.h - numbers that states and banks give, told by their check digits
 */
#ifndef UNPHI_DEID_CHECKDIGIT_H
#define UNPHI_DEID_CHECKDIGIT_H

#include <stdbool.h>
#include <stddef.h>

/* Is TEXT, in which all but letters and digits is skipped, such a number? */
typedef bool checkdigit_test(const char *text, size_t len);

/*
 * The test called NAME, N bytes, or NULL: ssn (US), nhs (GB), kvnr (DE), steuer (DE), nir
 * (FR), dni (ES), bsn (NL), pesel (PL), cpf (BR), personnummer (SE), fodselsnummer (NO),
 * cpr (DK, a date alone), hetu (FI), codice (IT), ahv (CH), svnr (AT), rrn (KR), cn18
 * (CN), aadhaar (IN), tc (TR), snils (RU), amka (GR), medicare (AU), sin (CA), iban.
 */
checkdigit_test *checkdigit_find(const char *name, size_t n);

#endif
