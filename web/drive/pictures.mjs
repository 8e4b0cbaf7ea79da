// SPDX-License-Identifier: GPL-3.0-or-later
// Screenshots of the page: tools/web_screenshots.py keeps them.
import { alternatives, example, opened, rested, run } from "./browser.mjs";

await run(async ({ url, pictures }, browser) => {
  for (const { path, language, width, height, photo, start } of pictures) {
    const options = { locale: language, viewport: { width, height } };
    const page = await opened(browser, url, options);
    if (!start) {
      await example(page, photo);
      await alternatives(page);
      await rested(page);
    }
    await page.mouse.move(0, 0);
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path });
    await page.context().close();
  }
  return {};
});
