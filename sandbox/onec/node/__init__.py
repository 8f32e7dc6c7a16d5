"""The node «Обмен с сайтом» of a base: 1C as the client that calls a site, as the modules of УТ 11.5 and УНФ 3.0 do it."""
