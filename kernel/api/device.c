// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/lbpf.
 *
 * Layer: api.  Opening it permits nothing: permission is by capability, call
 * by call.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include <lbpf/api.h>
#include <lbpf/command.h>

#include "api.h"

#define FIXED_BITS	(~((_IOC_NRMASK << _IOC_NRSHIFT) | (_IOC_SIZEMASK << _IOC_SIZESHIFT)))

static long call_device(struct file *file, unsigned int cmd, unsigned long arg)
{
	if ((cmd & FIXED_BITS) != LBPF_IOC(0, 0))
		return -ENOTTY;
	return lbpf_dispatch(_IOC_NR(cmd), _IOC_SIZE(cmd), (void __user *)arg);
}

static const struct file_operations device_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= call_device,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "lbpf",
	.fops	= &device_fops,
	.mode	= 0666,
};

/**
 * lbpf_device_init() - Make the device appear: calls can come at once
 *
 * Context: Module init.
 * Return: 0 or -errno.
 */
int lbpf_device_init(void)
{
	lbpf_command_set_runner(lbpf_dispatch_kernel);
	return misc_register(&device);
}

/**
 * lbpf_device_exit() - Take the device away; nobody has it open
 *
 * Context: Module exit.
 */
void lbpf_device_exit(void)
{
	misc_deregister(&device);
}
