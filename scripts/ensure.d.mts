/** @file Types of ensure.mjs, for the TypeScript that calls it. */

/** The folder of the checkout. */
export declare const ROOT: string;
/** Brings the checkout up to date: packages installed, `dist/` built. Ends the process when it cannot. */
export declare function ensure(): void;
