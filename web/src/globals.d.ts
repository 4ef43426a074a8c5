/** The address of the icons' file below the base path, filled in by the build. */
declare const SPRITE: string;

/** The same of the licences' text. */
declare const LICENCES: string;
