/** The packages of Debian that the base layer is made of: these bytes, and no others. */

/** One of them. */
export interface DebianPin {
  readonly name: string;
  readonly version: string;
  /** Where it lies in the archive. */
  readonly path: string;
  /** Which archive: `debian`, or `debian-security`. */
  readonly archive: "debian" | "debian-security";
  /** SHA-256 of the file, in hex. */
  readonly sha256: string;
}

/** Which of them, and as of when. */
export interface DebianPins {
  readonly release: { readonly version: string; readonly codename: string };
  /** When the archives had them all, as their snapshots are named. */
  readonly snapshot: string;
  readonly packages: readonly DebianPin[];
}

/** Debian 12 for 64-bit Intel and AMD. */
export const DEBIAN: DebianPins = {
  release: { version: "12", codename: "bookworm" },
  snapshot: "20261126T000000Z",
  packages: [
    {
      name: "ca-certificates",
      version: "20250419~deb12u2",
      path: "pool/updates/main/c/ca-certificates/ca-certificates_20250419~deb12u2_all.deb",
      archive: "debian-security",
      sha256: "b9f76b5271a7ac373fd5e7e1b5b826a71ddd702b42a0d104955ecb1acfffc94b",
    },
    {
      name: "gcc-12-base",
      version: "12.2.0-14+deb12u1",
      path: "pool/main/g/gcc-12/gcc-12-base_12.2.0-14+deb12u1_amd64.deb",
      archive: "debian",
      sha256: "1896a2aacf4ad681ff5eacc24a5b0ca4d5d9c9b9c9e4b6de5197bc1e116ea619",
    },
    {
      name: "libc6",
      version: "2.36-9+deb12u14",
      path: "pool/main/g/glibc/libc6_2.36-9+deb12u14_amd64.deb",
      archive: "debian",
      sha256: "ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf",
    },
    {
      name: "libgcc-s1",
      version: "12.2.0-14+deb12u1",
      path: "pool/main/g/gcc-12/libgcc-s1_12.2.0-14+deb12u1_amd64.deb",
      archive: "debian",
      sha256: "3016e62cb4b7cd8038822870601f5ed131befe942774d0f745622cc77d8a88f7",
    },
    {
      name: "libstdc++6",
      version: "12.2.0-14+deb12u1",
      path: "pool/main/g/gcc-12/libstdc++6_12.2.0-14+deb12u1_amd64.deb",
      archive: "debian",
      sha256: "5cd3171216d4ab0fc911cfe9c35509bf2dd8f47761c43b7f6a4296701551a24d",
    },
    {
      name: "tzdata",
      version: "2026f-0+deb12u1",
      path: "pool/updates/main/t/tzdata/tzdata_2026f-0+deb12u1_all.deb",
      archive: "debian-security",
      sha256: "3254eb870c8a949518214805aee5e4276af7699988ea8b9a3a583cd0f1eab31c",
    },
  ],
};
