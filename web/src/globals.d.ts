/** The address of the icons' file below the base path, filled in by the build. */
declare const SPRITE: string;
