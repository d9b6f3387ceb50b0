import Imaging

/// The scripts by which shells ask what to complete.
enum CompletionScript {
  /// Endings of pictures, as a pattern with bars between.
  private static let endings =
    (ImageFile.Format.allCases.flatMap(\.extensions) + RawFile.extensions.sorted()).joined(separator: "|")

  static let bash = #"""
    # bash completion of grl: share/bash-completion/completions/grl, or by 'source'.
    _grl() {
      local cur=${COMP_WORDS[COMP_CWORD]} line file kind
      [[ $cur == = ]] && cur=
      # Names of files as they are, not as they are quoted.
      cur=${cur#[\"\']}
      cur=${cur//\\/}
      COMPREPLY=()
      while IFS= read -r line; do
        case $line in
          :files | :folders | :pictures)
            compopt -o filenames 2>/dev/null
            kind=-f
            [[ $line == :folders ]] && kind=-d
            while IFS= read -r file; do
              if [[ $line != :pictures || -d ${file/#\~/$HOME} || ${file,,} =~ \.(\#(endings))$ ]]; then
                COMPREPLY+=("$file")
              fi
            done < <(compgen "$kind" -- "$cur")
            ;;
          *) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
      done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    }
    complete -F _grl grl

    """#

  static let zsh = #"""
    #compdef grl
    # zsh completion of grl: _grl in a folder of $fpath, or by 'source'.
    _grl() {
      local line
      local -a names about
      for line in "${(@f)$("${(Q)words[1]}" __complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
          :files) _files ;;
          :folders) _files -/ ;;
          :pictures) _files -g '(#i)*.(\#(endings))(-.)' ;;
          ?*)
            names+=("${line%%$'\t'*}")
            about+=("${line/$'\t'/  -- }")
            ;;
        esac
      done
      (( $#names )) && compadd -l -d about -- "${names[@]}"
    }
    if [[ ${funcstack[1]} == _grl ]]; then _grl "$@"; else compdef _grl grl; fi

    """#

  static let fish = #"""
    # fish completion of grl: grl.fish in a folder of $fish_complete_path, or by 'source'.
    function __grl_complete
        set -l words (commandline -opc) (commandline -ct)
        for line in (command $words[1] __complete -- $words[2..] 2>/dev/null)
            switch $line
                case :files
                    __fish_complete_path (commandline -ct)
                case :folders
                    __fish_complete_directories (commandline -ct)
                case :pictures
                    __fish_complete_path (commandline -ct) | string match -ri '^.*(?:/|\.(?:\#(endings)))(?:\t.*)?$'
                case '*'
                    echo $line
            end
        end
    end
    complete -c grl -f -a '(__grl_complete)'

    """#
}
