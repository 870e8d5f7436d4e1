/**
 * @file The folder in a path with forward slashes; "" for the root itself.
 */

export function folderOf(relative: string): string {
  return relative.slice(0, Math.max(0, relative.lastIndexOf("/")));
}
