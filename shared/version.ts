/** The version shown everywhere; a test holds it equal to package.json's, so that no file is read for it. */
export const VERSION = '0.1.0'
