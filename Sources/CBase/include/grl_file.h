#ifndef GRL_FILE_H
#define GRL_FILE_H

/// Gives the file `from` the name `to` in one step, unless something has that name: renameat2(2) with RENAME_NOREPLACE,
/// which the C library shows to GNU sources only.
///
/// Returns 0 or errno: EEXIST where the name is taken; EINVAL or ENOSYS where file system or kernel know no such rename.
int grl_rename_new(const char *from, const char *to);

#endif
