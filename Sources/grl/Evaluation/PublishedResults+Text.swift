extension PublishedResults {
  /// What papers and their programs' pages report, as text that ``init(_:)`` reads.
  ///
  /// A string and not a resource: the package manager compiles an embedded file as an array of numbers, which takes the type
  /// checker minutes.
  static let text = #"""
    # Published results, quoted from the sources that each section names. Read by grl evaluate.
    #
    # "set NAME PICTURES ALIASES": a standard test set and how many pictures it has.
    # "[task; kind; level; values; sets; source]" begins a section: kind is colour, gray or dual-pixel; level is sigma, scale or
    # quality; values are what each cell holds. Then a line for each method: name | parameters in millions | a cell for each set.
    # "-" stands for what the source does not give. The rows that are no restoration but its input: JPEG, Matlab.
    set Set5 5
    set Set14 14
    set BSD100 100 B100
    set Urban100 100
    set Manga109 109
    set CBSD68 68
    set BSD68 68
    set Kodak24 24 Kodak
    set McMaster 18 McM
    set Set12 12
    set Classic5 5
    set LIVE1 29
    set BSD500 - BSDS500
    set GoPro 1111
    set HIDE 2025
    set RealBlur-R 980
    set RealBlur-J 980
    set DPDD 76
    set DPDD-indoor 37
    set DPDD-outdoor 39

    [task=motion-deblur; kind=colour; level=-; values=psnr ssim; sets=GoPro, HIDE; source=GRL (CVPR 2023), Table 1]
    DeblurGAN | - | 28.70 0.858 | 24.51 0.871
    Nah et al. | - | 29.08 0.914 | 25.73 0.874
    DeblurGAN-v2 | - | 29.55 0.934 | 26.61 0.875
    SRN | - | 30.26 0.934 | 28.36 0.915
    Gao et al. | - | 30.90 0.935 | 29.11 0.913
    DBGAN | - | 31.10 0.942 | 28.94 0.915
    MT-RNN | - | 31.15 0.945 | 29.15 0.918
    DMPHN | - | 31.20 0.940 | 29.09 0.924
    Suin et al. | - | 31.85 0.948 | 29.98 0.930
    SPAIR | - | 32.06 0.953 | 30.29 0.931
    MIMO-UNet+ | - | 32.45 0.957 | 29.99 0.930
    IPT | - | 32.52 - | - -
    MPRNet | - | 32.66 0.959 | 30.96 0.939
    Restormer | - | 32.92 0.961 | 31.22 0.942
    GRL-B | - | 33.93 0.968 | 31.65 0.947

    [task=motion-deblur; kind=colour; level=-; values=psnr ssim; sets=RealBlur-R, RealBlur-J; source=GRL (CVPR 2023), Table 2]
    DeblurGAN-v2 | - | 36.44 0.935 | 29.69 0.870
    SRN | - | 38.65 0.965 | 31.38 0.909
    MPRNet | - | 39.31 0.972 | 31.76 0.922
    MIMO-UNet+ | - | - - | 32.05 0.921
    MAXIM-3S | - | 39.45 0.962 | 32.84 0.935
    BANet | - | 39.55 0.971 | 32.00 0.923
    MSSNet | - | 39.76 0.972 | 32.10 0.928
    Stripformer | - | 39.84 0.974 | 32.48 0.929
    GRL-B | - | 40.20 0.974 | 32.82 0.932

    [task=defocus-deblur; kind=colour; level=-; values=psnr ssim mae lpips; sets=DPDD-indoor, DPDD-outdoor, DPDD; source=GRL (CVPR 2023), Table 3]
    EBDB | - | 25.77 0.772 0.040 0.297 | 21.25 0.599 0.058 0.373 | 23.45 0.683 0.049 0.336
    DMENet | - | 25.50 0.788 0.038 0.298 | 21.43 0.644 0.063 0.397 | 23.41 0.714 0.051 0.349
    JNB | - | 26.73 0.828 0.031 0.273 | 21.10 0.608 0.064 0.355 | 23.84 0.715 0.048 0.315
    DPDNet | - | 26.54 0.816 0.031 0.239 | 22.25 0.682 0.056 0.313 | 24.34 0.747 0.044 0.277
    KPAC | - | 27.97 0.852 0.026 0.182 | 22.62 0.701 0.053 0.269 | 25.22 0.774 0.040 0.227
    IFAN | - | 28.11 0.861 0.026 0.179 | 22.76 0.720 0.052 0.254 | 25.37 0.789 0.039 0.217
    Restormer | - | 28.87 0.882 0.025 0.145 | 23.24 0.743 0.050 0.209 | 25.98 0.811 0.038 0.178
    GRL-B | - | 29.06 0.886 0.024 0.139 | 23.45 0.761 0.049 0.196 | 26.18 0.822 0.037 0.168

    [task=defocus-deblur; kind=dual-pixel; level=-; values=psnr ssim mae lpips; sets=DPDD-indoor, DPDD-outdoor, DPDD; source=GRL (CVPR 2023), Table 3]
    DPDNet | - | 27.48 0.849 0.029 0.189 | 22.90 0.726 0.052 0.255 | 25.13 0.786 0.041 0.223
    RDPD | - | 28.10 0.843 0.027 0.210 | 22.82 0.704 0.053 0.298 | 25.39 0.772 0.040 0.255
    Uformer | - | 28.23 0.860 0.026 0.199 | 23.10 0.728 0.051 0.285 | 25.65 0.795 0.039 0.243
    IFAN | - | 28.66 0.868 0.025 0.172 | 23.46 0.743 0.049 0.240 | 25.99 0.804 0.037 0.207
    Restormer | - | 29.48 0.895 0.023 0.134 | 23.97 0.773 0.047 0.175 | 26.66 0.833 0.035 0.155
    GRL-B | - | 29.83 0.903 0.022 0.114 | 24.39 0.795 0.045 0.150 | 27.04 0.847 0.034 0.133

    [task=denoise; kind=colour; level=15; values=psnr; sets=CBSD68, Kodak24, McMaster, Urban100; source=GRL (CVPR 2023), Table 4]
    DnCNN | 0.56 | 33.90 | 34.60 | 33.45 | 32.98
    EDT-B | 11.48 | 34.39 | 35.37 | 35.61 | 35.22
    DRUNet | 32.64 | 34.30 | 35.31 | 35.40 | 34.81
    SwinIR | 11.75 | 34.42 | 35.34 | 35.61 | 35.13
    Restormer | 26.13 | 34.40 | 35.47 | 35.61 | 35.13
    GRL-T | 0.88 | 34.30 | 35.24 | 35.49 | 35.08
    GRL-S | 3.12 | 34.36 | 35.32 | 35.59 | 35.24
    GRL-B | 19.81 | 34.45 | 35.43 | 35.73 | 35.54

    [task=denoise; kind=colour; level=25; values=psnr; sets=CBSD68, Kodak24, McMaster, Urban100; source=GRL (CVPR 2023), Table 4]
    DnCNN | 0.56 | 31.24 | 32.14 | 31.52 | 30.81
    EDT-B | 11.48 | 31.76 | 32.94 | 33.34 | 33.07
    DRUNet | 32.64 | 31.69 | 32.89 | 33.14 | 32.60
    SwinIR | 11.75 | 31.78 | 32.89 | 33.20 | 32.90
    Restormer | 26.13 | 31.79 | 33.04 | 33.34 | 32.96
    GRL-T | 0.88 | 31.66 | 32.78 | 33.18 | 32.84
    GRL-S | 3.12 | 31.72 | 32.88 | 33.29 | 33.07
    GRL-B | 19.81 | 31.82 | 33.02 | 33.46 | 33.35

    [task=denoise; kind=colour; level=50; values=psnr; sets=CBSD68, Kodak24, McMaster, Urban100; source=GRL (CVPR 2023), Table 4]
    DnCNN | 0.56 | 27.95 | 28.95 | 28.62 | 27.59
    RNAN | 8.96 | 28.27 | 29.58 | 29.72 | 29.08
    IPT | 115.33 | 28.39 | 29.64 | 29.98 | 29.71
    EDT-B | 11.48 | 28.56 | 29.87 | 30.25 | 30.16
    DRUNet | 32.64 | 28.51 | 29.86 | 30.08 | 29.61
    SwinIR | 11.75 | 28.56 | 29.79 | 30.22 | 29.82
    Restormer | 26.13 | 28.60 | 30.01 | 30.30 | 30.02
    GRL-T | 0.88 | 28.45 | 29.67 | 30.06 | 29.78
    GRL-S | 3.12 | 28.51 | 29.77 | 30.18 | 30.09
    GRL-B | 19.81 | 28.62 | 29.93 | 30.36 | 30.46

    [task=denoise; kind=gray; level=15; values=psnr; sets=Set12, BSD68, Urban100; source=GRL (CVPR 2023), Table 4]
    DnCNN | - | 32.86 | 31.73 | 32.64
    DRUNet | - | 33.25 | 31.91 | 33.44
    SwinIR | - | 33.36 | 31.97 | 33.70
    Restormer | - | 33.42 | 31.96 | 33.79
    GRL-T | - | 33.29 | 31.90 | 33.66
    GRL-S | - | 33.36 | 31.93 | 33.84
    GRL-B | - | 33.47 | 32.00 | 34.09

    [task=denoise; kind=gray; level=25; values=psnr; sets=Set12, BSD68, Urban100; source=GRL (CVPR 2023), Table 4]
    DnCNN | - | 30.44 | 29.23 | 29.95
    DRUNet | - | 30.94 | 29.48 | 31.11
    SwinIR | - | 31.01 | 29.50 | 31.30
    Restormer | - | 31.08 | 29.52 | 31.46
    GRL-T | - | 30.92 | 29.43 | 31.23
    GRL-S | - | 31.02 | 29.47 | 31.49
    GRL-B | - | 31.12 | 29.54 | 31.80

    [task=denoise; kind=gray; level=50; values=psnr; sets=Set12, BSD68, Urban100; source=GRL (CVPR 2023), Table 4]
    DnCNN | - | 27.18 | 26.23 | 26.26
    RNAN | - | 27.70 | 26.48 | 27.65
    DRUNet | - | 27.90 | 26.59 | 27.96
    SwinIR | - | 27.91 | 26.58 | 27.98
    Restormer | - | 28.00 | 26.62 | 28.29
    GRL-T | - | 27.78 | 26.49 | 27.89
    GRL-S | - | 27.91 | 26.54 | 28.24
    GRL-B | - | 28.03 | 26.60 | 28.59

    [task=sr; kind=colour; level=2; values=psnr ssim; sets=Set5, Set14, BSD100, Urban100, Manga109; source=GRL (CVPR 2023), Table 5]
    RCAN | 15.44 | 38.27 0.9614 | 34.12 0.9216 | 32.41 0.9027 | 33.34 0.9384 | 39.44 0.9786
    SAN | 15.71 | 38.31 0.9620 | 34.07 0.9213 | 32.42 0.9028 | 33.10 0.9370 | 39.32 0.9792
    HAN | 63.61 | 38.27 0.9614 | 34.16 0.9217 | 32.41 0.9027 | 33.35 0.9385 | 39.46 0.9785
    NLSA | 42.63 | 38.34 0.9618 | 34.08 0.9231 | 32.43 0.9027 | 33.42 0.9394 | 39.59 0.9789
    DBPN | 1.26 | 38.09 0.9600 | 33.85 0.9190 | 32.27 0.9000 | 32.55 0.9324 | 38.89 0.9775
    IPT | 115.48 | 38.37 - | 34.43 - | 32.48 - | 33.76 - | - -
    SwinIR (light) | 0.88 | 38.14 0.9611 | 33.86 0.9206 | 32.31 0.9012 | 32.76 0.9340 | 39.12 0.9783
    SwinIR | 11.75 | 38.42 0.9623 | 34.46 0.9250 | 32.53 0.9041 | 33.81 0.9427 | 39.92 0.9797
    EDT (light) | 0.92 | 38.23 0.9615 | 33.99 0.9209 | 32.37 0.9021 | 32.98 0.9362 | 39.45 0.9789
    EDT | 11.48 | 38.63 0.9632 | 34.80 0.9273 | 32.62 0.9052 | 34.27 0.9456 | 40.37 0.9811
    GRL-T | 0.89 | 38.27 0.9627 | 34.21 0.9258 | 32.42 0.9056 | 33.60 0.9411 | 39.61 0.9790
    GRL-S | 3.34 | 38.37 0.9632 | 34.64 0.9280 | 32.52 0.9069 | 34.36 0.9463 | 39.84 0.9793
    GRL-B | 20.05 | 38.67 0.9647 | 35.08 0.9303 | 32.67 0.9087 | 35.06 0.9505 | 40.67 0.9818

    [task=sr; kind=colour; level=4; values=psnr ssim; sets=Set5, Set14, BSD100, Urban100, Manga109; source=GRL (CVPR 2023), Table 5]
    RCAN | 15.59 | 32.63 0.9002 | 28.87 0.7889 | 27.77 0.7436 | 26.82 0.8087 | 31.22 0.9173
    SAN | 15.86 | 32.64 0.9003 | 28.92 0.7888 | 27.78 0.7436 | 26.79 0.8068 | 31.18 0.9169
    HAN | 64.20 | 32.64 0.9002 | 28.90 0.7890 | 27.80 0.7442 | 26.85 0.8094 | 31.42 0.9177
    NLSA | 44.99 | 32.59 0.9000 | 28.87 0.7891 | 27.78 0.7444 | 26.96 0.8109 | 31.27 0.9184
    DBPN | 2.21 | 32.47 0.8980 | 28.82 0.7860 | 27.72 0.7400 | 26.38 0.7946 | 30.91 0.9137
    IPT | 115.63 | 32.64 - | 29.01 - | 27.82 - | 27.26 - | - -
    RRDB | 16.70 | 32.73 0.9011 | 28.99 0.7917 | 27.85 0.7455 | 27.03 0.8153 | 31.66 0.9196
    SwinIR (light) | 0.90 | 32.44 0.8976 | 28.77 0.7858 | 27.69 0.7406 | 26.47 0.7980 | 30.92 0.9151
    SwinIR | 11.90 | 32.92 0.9044 | 29.09 0.7950 | 27.92 0.7489 | 27.45 0.8254 | 32.03 0.9260
    EDT (light) | 0.92 | 32.53 0.8991 | 28.88 0.7882 | 27.76 0.7433 | 26.71 0.8051 | 31.35 0.9180
    EDT | 11.63 | 33.06 0.9055 | 29.23 0.7971 | 27.99 0.7510 | 27.75 0.8317 | 32.39 0.9283
    GRL-T | 0.91 | 32.56 0.9029 | 28.93 0.7961 | 27.77 0.7523 | 27.15 0.8185 | 31.57 0.9219
    GRL-S | 3.49 | 32.76 0.9058 | 29.10 0.8007 | 27.90 0.7568 | 27.90 0.8357 | 32.11 0.9267
    GRL-B | 20.20 | 33.10 0.9094 | 29.37 0.8058 | 28.01 0.7611 | 28.53 0.8504 | 32.77 0.9325

    [task=jpeg; kind=gray; level=10; values=psnr ssim; sets=Classic5, BSD500; source=GRL (CVPR 2023), Table 6]
    JPEG | - | 27.82 0.760 | 27.80 0.768
    DnCNN | - | 29.40 0.803 | 29.21 0.809
    DCSC | - | 29.62 0.810 | 29.32 0.813
    QGAC | - | 29.84 0.812 | 29.46 0.821
    MWCNN | - | 30.01 0.820 | 29.61 0.820
    FBCNN | 71.92 | 30.12 0.822 | 29.67 0.821
    GRL-S | 3.12 | 30.20 0.829 | 29.74 0.823

    [task=jpeg; kind=gray; level=20; values=psnr ssim; sets=Classic5, BSD500; source=GRL (CVPR 2023), Table 6]
    JPEG | - | 30.12 0.834 | 30.05 0.849
    DnCNN | - | 31.63 0.861 | 31.53 0.878
    DCSC | - | 31.81 0.864 | 31.63 0.880
    QGAC | - | 31.98 0.869 | 31.73 0.884
    MWCNN | - | 32.16 0.870 | 31.92 0.885
    FBCNN | 71.92 | 32.31 0.872 | 32.00 0.885
    GRL-S | 3.12 | 32.49 0.878 | 32.05 0.885

    [task=jpeg; kind=gray; level=30; values=psnr ssim; sets=Classic5, BSD500; source=GRL (CVPR 2023), Table 6]
    JPEG | - | 31.48 0.867 | 31.37 0.884
    DnCNN | - | 32.91 0.886 | 32.90 0.907
    DCSC | - | 33.06 0.888 | 32.99 0.908
    QGAC | - | 33.22 0.892 | 33.07 0.912
    MWCNN | - | 33.43 0.893 | 33.30 0.912
    FBCNN | 71.92 | 33.54 0.894 | 33.37 0.913
    GRL-S | 3.12 | 33.72 0.899 | 33.43 0.912

    [task=jpeg; kind=gray; level=40; values=psnr ssim; sets=Classic5, BSD500; source=GRL (CVPR 2023), Table 6]
    JPEG | - | 32.43 0.885 | 32.30 0.903
    DnCNN | - | 33.77 0.900 | 33.85 0.923
    DCSC | - | 33.87 0.902 | 33.92 0.924
    QGAC | - | 34.05 0.905 | 34.01 0.927
    MWCNN | - | 34.27 0.906 | 34.27 0.928
    FBCNN | 71.92 | 34.35 0.907 | 34.33 0.928
    GRL-S | 3.12 | 34.53 0.911 | 34.38 0.928

    [task=jpeg; kind=colour; level=10; values=psnr ssim; sets=LIVE1, BSD500; source=GRL (CVPR 2023), Table 7]
    JPEG | - | 25.69 0.743 | 25.84 0.741
    QGAC | - | 27.62 0.804 | 27.74 0.802
    FBCNN | - | 27.77 0.803 | 27.85 0.799
    GRL-S | - | 28.13 0.814 | 28.26 0.808

    [task=jpeg; kind=colour; level=20; values=psnr ssim; sets=LIVE1, BSD500; source=GRL (CVPR 2023), Table 7]
    JPEG | - | 28.06 0.826 | 28.21 0.827
    QGAC | - | 29.88 0.868 | 30.01 0.869
    FBCNN | - | 30.11 0.868 | 30.14 0.867
    GRL-S | - | 30.49 0.878 | 30.57 0.875

    [task=jpeg; kind=colour; level=30; values=psnr ssim; sets=LIVE1, BSD500; source=GRL (CVPR 2023), Table 7]
    JPEG | - | 29.37 0.861 | 29.57 0.865
    QGAC | - | 31.17 0.896 | 31.33 0.898
    FBCNN | - | 31.43 0.897 | 31.45 0.897
    GRL-S | - | 31.85 0.905 | 31.92 0.903

    [task=jpeg; kind=colour; level=40; values=psnr ssim; sets=LIVE1, BSD500; source=GRL (CVPR 2023), Table 7]
    JPEG | - | 30.28 0.882 | 30.52 0.887
    QGAC | - | 32.05 0.912 | 32.25 0.915
    FBCNN | - | 32.34 0.913 | 32.36 0.913
    GRL-S | - | 32.79 0.920 | 32.86 0.919

    [task=demosaic; kind=colour; level=-; values=psnr; sets=Kodak24, McMaster; source=GRL (CVPR 2023), Table 8]
    Matlab | - | 35.78 | 34.43
    DDR | - | 41.11 | 37.12
    DeepJoint | - | 42.00 | 39.14
    MMNet | - | 40.19 | 37.09
    RLDD | - | 42.49 | 39.25
    RNAN | - | 43.16 | 39.70
    DRUNet | - | 42.68 | 39.39
    GRL-S | - | 43.57 | 40.22

    [task=denoise; kind=gray; level=15; values=psnr; sets=BSD68; source=cszn/DnCNN README]
    BM3D | - | 31.07
    WNNM | - | 31.37
    EPLL | - | 31.21
    CSF | - | 31.24
    TNRD | - | 31.42
    DnCNN | - | 31.73
    DnCNN-B | - | 31.61
    FDnCNN | - | 31.69
    DRUNet | - | 31.91

    [task=denoise; kind=gray; level=25; values=psnr; sets=BSD68; source=cszn/DnCNN README]
    BM3D | - | 28.57
    WNNM | - | 28.83
    EPLL | - | 28.68
    MLP | - | 28.96
    CSF | - | 28.74
    TNRD | - | 28.92
    DnCNN | - | 29.23
    DnCNN-B | - | 29.16
    FDnCNN | - | 29.22
    DRUNet | - | 29.48

    [task=denoise; kind=gray; level=50; values=psnr; sets=BSD68; source=cszn/DnCNN README]
    BM3D | - | 25.62
    WNNM | - | 25.87
    EPLL | - | 25.67
    MLP | - | 26.03
    TNRD | - | 25.97
    DnCNN | - | 26.23
    DnCNN-B | - | 26.23
    FDnCNN | - | 26.27
    DRUNet | - | 26.59

    [task=denoise; kind=colour; level=15; values=psnr; sets=CBSD68, Kodak24, McMaster, Urban100; source=a copy of Restormer's table]
    IRCNN | - | 33.86 | 34.69 | 34.58 | 33.78
    FFDNet | - | 33.87 | 34.63 | 34.66 | 33.83

    [task=denoise; kind=gray; level=15; values=psnr; sets=Set12, BSD68, Urban100; source=a copy of Restormer's table]
    FFDNet | - | 32.75 | 31.63 | 32.40

    [task=denoise; kind=colour; level=25; values=psnr; sets=CBSD68, Kodak24, McMaster, Urban100; source=a copy of Restormer's table]
    IRCNN | - | 31.16 | 32.18 | 32.18 | 31.20
    FFDNet | - | 31.21 | 32.13 | 32.35 | 31.40

    [task=denoise; kind=gray; level=25; values=psnr; sets=Set12, BSD68, Urban100; source=a copy of Restormer's table]
    FFDNet | - | 30.43 | 29.19 | 29.90

    [task=denoise; kind=colour; level=50; values=psnr; sets=CBSD68, Kodak24, McMaster, Urban100; source=a copy of Restormer's table]
    IRCNN | - | 27.86 | 28.93 | 28.91 | 27.70
    FFDNet | - | 27.96 | 28.98 | 29.18 | 28.05

    [task=denoise; kind=gray; level=50; values=psnr; sets=Set12, BSD68, Urban100; source=a copy of Restormer's table]
    FFDNet | - | 27.32 | 26.29 | 26.50

    [task=sr; kind=colour; level=4; values=psnr; sets=Set5, Set14, BSD100, Urban100, Manga109; source=XPixelGroup/HAT README]
    HAT-S | 9.6 | 32.92 | 29.15 | 27.97 | 27.87 | 32.35
    HAT | 20.8 | 33.04 | 29.23 | 28.00 | 27.97 | 32.48

    [task=jpeg; kind=colour; level=10; values=psnr ssim; sets=LIVE1; source=JingyunLiang/SwinIR README]
    SwinIR | - | 28.06 0.8089

    [task=jpeg; kind=colour; level=20; values=psnr ssim; sets=LIVE1; source=JingyunLiang/SwinIR README]
    SwinIR | - | 30.45 0.8741

    [task=jpeg; kind=colour; level=30; values=psnr ssim; sets=LIVE1; source=JingyunLiang/SwinIR README]
    SwinIR | - | 31.82 0.9018

    [task=jpeg; kind=colour; level=40; values=psnr ssim; sets=LIVE1; source=JingyunLiang/SwinIR README]
    SwinIR | - | 32.75 0.9174
    """#
}
