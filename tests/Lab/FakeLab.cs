using System.Runtime.Versioning;
using Hooks.Lab;

namespace Hooks.LabTests;

/// <summary>A lab whose QEMU is a shell script that speaks the agent's protocol, and whose kernels are empty files.</summary>
[SupportedOSPlatform("linux")]
internal sealed class FakeLab : IDisposable
{
    /// <summary>A guest that is all right, and on which nothing can be done.</summary>
    public const string Sound = "";

    private readonly string _path = Directory.CreateTempSubdirectory("hooks-lab-test-").FullName;

    /// <param name="onLine">What the guest does with a line before it answers: shell, with the line in $line and the console's file in $console.</param>
    /// <param name="hello">Its greeting.</param>
    /// <param name="selfTest">Its self-test.</param>
    /// <param name="version">QEMU's version.</param>
    public FakeLab(string onLine = Sound, string hello = "hello 6 mte=1 kernel=6.1.0-fake", string selfTest = "ok tags=256 swapped=1 data=77 back=256", string version = "10.0.2")
    {
        Folder = new LabFolder(_path);
        Directory.CreateDirectory(Path.Combine(_path, "qemu"));
        File.WriteAllText(Folder.Qemu, $$"""
            #!/bin/bash
            if [ "$1" = --version ]; then echo "QEMU emulator version {{version}} (Debian)"; exit 0; fi
            for argument; do case $argument in file:*) console=${argument#file:} ;; esac; done
            echo "booting" > "$console"
            echo "{{hello}}"
            while IFS= read -r line; do
                {{onLine}}
                case $line in
                    "reset "*) echo "ok ${line#reset }" ;;
                    selftest) echo "{{selfTest}}" ;;
                    swap*) echo ok ;;
                    *) echo na ;;
                esac
            done
            """.ReplaceLineEndings("\n"));
        File.SetUnixFileMode(Folder.Qemu, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        AddImage("fake", "debian-6.1.192");
        Run = RunFolder.Create(Folder);
    }

    public LabFolder Folder { get; }

    public RunFolder Run { get; }

    public LabImage Image => Folder.Image("fake");

    public void AddImage(string name, string model)
    {
        var folder = Path.Combine(_path, "images", name);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "Image"), "");
        File.WriteAllText(Path.Combine(folder, "initrd.cpio"), "");
        File.WriteAllText(Path.Combine(folder, "about"), $"model {model}\nabout a kernel that is none\n");
    }

    public GuestSession Session() => new(Folder, Image, Run, 0, Lane.Small) { AnswerTime = TimeSpan.FromSeconds(2) };

    public void Dispose()
    {
        Run.Dispose();
        Directory.Delete(_path, recursive: true);
    }
}
