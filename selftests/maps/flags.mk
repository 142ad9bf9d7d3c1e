# SPDX-License-Identifier: GPL-2.0
LDLIBS_events := -lbpf
LDLIBS_locks := -lbpf
LDLIBS_storage := -lbpf
LDLIBS_text := -lbpf
