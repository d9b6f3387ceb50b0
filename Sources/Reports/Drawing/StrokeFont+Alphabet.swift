extension StrokeFont {
  /// A glyph a line: its letter, then its strokes with `;` between them.
  package static let alphabet = #"""
    ! l 00 08;l 0c 0c
    " l 00 03;l 30 33
    # l 30 1c;l 70 5c;l 14 84;l 08 78
    $ s 72 71 01 06 76 7b 0b 0a;l 40 4c
    % o 00 40 44 04;o 58 98 9c 5c;l 80 1c
    & s 8c 13 10 60 63 06 0c 5c 87
    ' l 00 03
    ( s 30 03 09 3c
    ) s 00 33 39 0c
    * l 31 37;l 02 66;l 62 06
    + l 33 39;l 06 66
    , l 1b 0e
    - l 06 46
    . l 0c 0c
    / l 50 0c
    0 o 00 70 7c 0c
    1 l 13 40 4c;l 1c 7c
    2 s 03 00 70 75 0c;l 0c 7c
    3 s 02 00 60 65 25;s 25 75 7c 0c 09
    4 l 5c 50 08 78
    5 l 60 10 15;s 15 34 74 7c 0c 0a
    6 s 60 00 08;o 05 75 7c 0c
    7 l 00 70 2c
    8 o 10 60 66 16;o 06 76 7c 0c
    9 o 00 70 77 07;s 74 7c 1c
    : l 05 05;l 0c 0c
    ; l 15 15;l 1b 0e
    < l 62 06 6a
    = l 04 64;l 08 68
    > l 02 66 0a
    ? s 02 00 60 64 36 38;l 3c 3c
    @ o 33 73 79 39;s 73 79 a9 a0 00 0c 9c
    A l 0c 40 8c;l 18 78
    B l 00 0c;s 00 40 70 76 46 06;s 06 46 86 8c 4c 0c
    C s 83 80 00 0c 8c 89
    D l 00 0c;s 00 30 80 8c 3c 0c
    E l 70 00 0c 7c;l 06 66
    F l 70 00 0c;l 06 56
    G s 83 80 00 0c 8c 87;l 87 57
    H l 00 0c;l 80 8c;l 06 86
    I l 00 0c
    J s 60 68 6c 0c 09
    K l 00 0c;l 70 07;l 25 7c
    L l 00 0c 6c
    M l 0c 00 58 a0 ac
    N l 0c 00 8c 80
    O o 00 90 9c 0c
    P l 0c 00;s 00 40 80 87 47 07
    Q o 00 90 9c 0c;l 69 9d
    R l 0c 00;s 00 40 80 87 47 07;l 47 8c
    S s 72 70 00 06 76 7c 0c 0a
    T l 00 80;l 40 4c
    U s 00 08 0c 8c 88 80
    V l 00 4c 80
    W l 00 3c 62 9c c0
    X l 00 8c;l 80 0c
    Y l 00 46 80;l 46 4c
    Z l 00 80 0c 8c
    [ l 30 00 0d 3d
    \ l 00 5c
    ] l 00 30 3d 0d
    ^ l 03 30 63
    _ l 0d 7d
    ` l 00 22
    a o 04 64 6c 0c;l 64 6c
    b l 00 0c;o 04 64 6c 0c
    c s 66 64 04 0c 6c 6a
    d l 60 6c;o 04 64 6c 0c
    e l 08 68;s 68 64 04 0c 6c 6a
    f s 50 20 24;l 24 2c;l 04 44
    g o 04 64 6c 0c;s 64 6c 6g 0g 0f
    h l 00 0c;s 08 04 64 68 6c
    i l 04 0c;l 01 01
    j s 24 2c 2g 0g;l 21 21
    k l 00 0c;l 64 09;l 27 6c
    l s 00 0a 0c 2c
    m l 04 0c;s 08 04 54 58 5c;s 58 54 a4 a8 ac
    n l 04 0c;s 08 04 64 68 6c
    o o 04 64 6c 0c
    p l 04 0g;o 04 64 6c 0c
    q l 64 6g;o 04 64 6c 0c
    r l 04 0c;s 08 04 44
    s s 55 54 04 08 58 5c 0c 0b
    t s 21 2a 2c 5c;l 04 54
    u s 04 08 0c 6c 68;l 64 6c
    v l 04 3c 64
    w l 04 2c 45 6c 84
    x l 04 6c;l 64 0c
    y l 04 3c;l 64 1g
    z l 04 64 0c 6c
    { s 40 20 25 06;s 06 27 2c 4c
    | l 00 0d
    } s 00 20 25 46;s 46 27 2c 0c
    ~ s 07 04 34 38 68 65
    """#
}
