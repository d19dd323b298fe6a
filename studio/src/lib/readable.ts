// Which files are taken as pictures: those that the server reads.
export const UNREADABLE = "Only PNG, JPEG and WebP pictures can be read.";

export const readable = (file: Blob): boolean => /^image\/(png|jpeg|webp)$/.test(file.type);
