extension Theme {
  /// What is used where no file says otherwise: Themes/dark.theme, word for word.
  public static let standard = parse(Array(standardText.utf8), file: "dark.theme").theme

  /// What fills the gaps of themes for light backgrounds: Themes/light.theme, word for word.
  public static let standardLight = parse(Array(standardLightText.utf8), file: "light.theme").theme

  package static let standardText = """
    # The theme that is built in. Copy this file to $XDG_CONFIG_HOME/grl/themes under another name and change what you like; a line
    # that is missing is taken from here. Lines are: role = [colour] [on colour] [bold] [dim] [underline] [reverse]
    # A colour is #rrggbb, standard (the terminal's own), or black, red, green, yellow, blue, magenta, cyan, white, bright-black, ...
    # role.16 and role.256 are for terminals of so many colours, role.mono for those without.

    name = Dark
    author = GRL Workbench
    background = dark

    text = #d3d9e0 on #13171d
    faint = #8b96a5
    accent = #79c2ea
    title = #f2f5f8 bold
    bar = #b9c3ce on #212934
    bar-key = #79c2ea
    bar-active = #10141a on #79c2ea bold
    panel = #d3d9e0 on #1b2129
    cursor = #f6f8fa on #2c4359
    mark = #ecc57c bold
    match = #13171d on #ecc57c
    good = #8fd3a0
    warning = #ecc57c
    error = #f39c93
    input = #f6f8fa on #1d2f3f
    border = #6c7888
    tile-waiting = #b9c3ce on #29323d
    tile-running = #10141a on #79c2ea
    tile-done = #10141a on #63a877
    tile-failed = #10141a on #e8837a
    meter = #10141a on #79c2ea
    meter-rest = #b9c3ce on #29323d

    text.16 = white on black
    faint.16 = white
    accent.16 = bright-cyan
    title.16 = bright-white bold
    bar.16 = white on blue
    bar-key.16 = bright-cyan on blue
    bar-active.16 = black on cyan
    panel.16 = white on black
    cursor.16 = black on cyan
    mark.16 = bright-yellow bold
    match.16 = black on yellow
    good.16 = bright-green
    warning.16 = bright-yellow
    error.16 = bright-red bold
    input.16 = bright-white on blue
    border.16 = bright-black
    tile-waiting.16 = black on white
    tile-running.16 = black on cyan
    tile-done.16 = black on green
    tile-failed.16 = black on bright-red
    meter.16 = black on cyan
    meter-rest.16 = black on white

    heat = #440154 #472d7b #3b528b #2c728e #21918c #28ae80 #5ec962 #addc30 #fde725

    """

  package static let standardLightText = """
    name = Light
    author = GRL Workbench
    background = light

    text = #22272e on #fbfaf7
    faint = #5f6873
    accent = #0b5e8e
    title = #0e1116 bold
    bar = #39424d on #e6e6e1
    bar-key = #0b5e8e
    bar-active = #ffffff on #0b5e8e bold
    panel = #22272e on #f1f0eb
    cursor = #0e1116 on #cfe2ee
    mark = #854d00 bold
    match = #0e1116 on #f3cf7a
    good = #1d6b35
    warning = #854d00
    error = #ac2419
    input = #0e1116 on #dfebf2
    border = #858c94
    tile-waiting = #39424d on #dcdcd6
    tile-running = #ffffff on #0b5e8e
    tile-done = #0e1116 on #8cc79b
    tile-failed = #ffffff on #ac2419
    meter = #ffffff on #0b5e8e
    meter-rest = #39424d on #dcdcd6

    text.16 = black on white
    faint.16 = black
    accent.16 = blue
    title.16 = black bold
    bar.16 = white on blue
    bar-key.16 = bright-cyan on blue
    bar-active.16 = black on cyan
    panel.16 = black on white
    cursor.16 = black on cyan
    mark.16 = red bold
    match.16 = black on yellow
    good.16 = blue
    warning.16 = red
    error.16 = red bold underline
    input.16 = bright-white on blue
    border.16 = bright-black
    tile-waiting.16 = white on black
    tile-running.16 = black on cyan
    tile-done.16 = black on green
    tile-failed.16 = bright-white on red
    meter.16 = black on cyan
    meter-rest.16 = white on black

    heat = #440154 #472d7b #3b528b #2c728e #21918c #28ae80 #5ec962 #addc30 #fde725

    """
}
