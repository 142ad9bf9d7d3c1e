// SPDX-License-Identifier: GPL-2.0
#include "real_more.h"
