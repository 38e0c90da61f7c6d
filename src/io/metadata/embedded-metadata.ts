/** The blocks of metadata that a container holds, still encoded. */
export type EmbeddedMetadata = {
  /** The EXIF block: a TIFF structure. Null when there is none. */
  readonly exif: Uint8Array | null;
  /** XMP packets. */
  readonly xmp: readonly Uint8Array[];
  /** Something else stands there that may hold a date or a place (IPTC, a maker's own segment, a trailer). */
  readonly hasMore: boolean;
  /** The container could be followed to where its metadata ends; a file that was cut short shows only what stands before. */
  readonly isWhole: boolean;
};
