# Cuts a mounted ext4 file system off its disk, as a loss of power does: EXT4_IOC_SHUTDOWN.
# 1 writes the journal out first, 2 lets everything that is not on the disk go.
import fcntl, os, struct, sys

mount_point, flag = sys.argv[1], int(sys.argv[2])
handle = os.open(mount_point, os.O_RDONLY)
fcntl.ioctl(handle, 0x8004587D, struct.pack("I", flag))
