/* version.h - the one place that states the version */
#ifndef UNPHI_BASE_VERSION_H
#define UNPHI_BASE_VERSION_H

#define UNPHI_VERSION "0.1.0"

/*
 * Our Implementation Class UID (PS3.10 7.1, PS3.7 D.3.3.2): a UUID under 2.25,
 * which needs no registered root (PS3.5 B.2). Made once; never changes.
 */
#define UNPHI_CLASS_UID "2.25.20044365054390587407641453565914745074"
#define UNPHI_CLASS_NAME "UNPHI_0.1"	/* SH, 16 characters at most */

#endif
